"""What is wrong with a file, field by field, as every command says it."""

from collections.abc import Iterable
from pathlib import Path

import click

from admin import promotion_words
from coalition.promotions.checking import Flaw


def stop_at(path: Path, flaws: Iterable[Flaw]) -> None:
    """Say each flaw with its field and end with 1, where there are any."""
    found = list(flaws)
    for flaw in found:
        click.echo(f"{path}: {flaw.field or 'the whole'}: {promotion_words.flaw(flaw, 'en')}.", err=True)
    if found:
        raise click.exceptions.Exit(1)
