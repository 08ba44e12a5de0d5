"""The drop folder: a file put into <drop>/<tenant>/<profile>/ is received, then moved to done/ or refused/.

A file is moved only after its receipt is committed: one pass receives it, and a later pass, which meets the same bytes
as already received, moves it. A crash between the two loses nothing and doubles nothing.
"""

import logging
import time
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from coalition.transactions.receiving import receive
from tenants.actor import SYSTEM
from tenants.models import Tenant
from tenants.runtime import settings
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Outage, Refusal
from tenants.runtime.jobs import every, job

logger = logging.getLogger(__name__)

SETTLED_SECONDS = 5  # a file that grew so recently may still be growing
FILES_PER_PASS = 10
DONE, REFUSED = "done", "refused"


@job("feeds.drop", bulk=True)
def take_dropped(session: Session) -> None:
    """One pass over the tenant's drop folder."""
    slug = session.get_one(Tenant, tenant_of(session)).slug
    taken = 0
    for path in _waiting(settings.current().drop_folder / slug):
        try:
            _take(session, path)
        except OSError as error:
            logger.warning("The dropped file %s cannot be read or moved: %s", path, error)
            continue
        taken += 1
        if taken == FILES_PER_PASS:
            break


def _take(session: Session, path: Path) -> None:
    """Receive one file; whatever is wrong with it alone must not stop the others."""
    try:
        with session.begin_nested(), path.open("rb") as stream:
            received = receive(session, SYSTEM, profile_code=path.parent.name, name=path.name, stream=stream)
    except Refusal as refusal:
        logger.warning("The dropped file %s is refused: %s", path, refusal)
        _refuse(path, _reason(refusal))
    except (Outage, OperationalError, OSError):
        raise  # not the file's fault
    except Exception as error:
        logger.exception("The dropped file %s cannot be received", path)
        _refuse(path, f"{type(error).__name__}, which nobody foresaw; the log of the workers tells more")
    else:
        if received.already:
            _move(path, DONE)


def _refuse(path: Path, reason: str) -> None:
    said = f"This file was refused, and nothing of it was kept: {reason}. Correct it and drop it again.\n"
    _move(path, REFUSED).with_suffix(".reason.txt").write_text(said, "utf-8", "replace")


def _reason(refusal: Refusal) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in refusal.facts.items())
    what = refusal.code.replace("_", " ")
    return f"{what} ({facts})" if facts else what


def _waiting(folder: Path) -> list[Path]:
    """Files of the profiles' folders that have stopped growing, oldest first."""
    if not folder.is_dir():
        return []
    settled = time.time() - SETTLED_SECONDS
    found = [
        path
        for profile in folder.iterdir()
        if profile.is_dir() and not profile.is_symlink()
        for path in profile.iterdir()
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    ]
    return sorted(
        (path for path in found if path.stat().st_mtime <= settled), key=lambda path: path.stat().st_mtime
    )


def _move(path: Path, where: str) -> Path:
    """Move a file beside its folder's others; a name that is there already gets a number."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(target)
    return target


every(10, "feeds.drop")
