"""Documents in the brand, read back from their bytes."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pypdf import PdfReader

from tenants.branding.derive import derive
from tenants.branding.letterhead import Document, Letterhead, digest, render
from tenants.runtime import clock

MARKS = Path(__file__).parents[2] / "tenants/branding/marks"
DOCUMENT = Document(
    title="Сертификат «Полюс»",
    subtitle="на 1\u202f000\u00a0₽",
    number="С-000118",
    made_at=datetime(2026, 11, 22, 3, 40, tzinfo=UTC),
    pairs=[("Действует до", "22\u00a0ноября 2027\u00a0года"), ("Списано", "950\u00a0искр")],
    total=("Номинал", "1\u202f000\u00a0₽"),
    code="PLS-7F2K-41QX",
    code_label="Код",
    notes=["Покажите <b>код</b> на кассе"],
)


def head() -> Letterhead:
    """A Russian bank's paper."""
    colours = derive("#0b5f66", "#d9532c").light
    return Letterhead(
        name="Авача Банк",
        programme="Программа «Искры»",
        mark_svg=(MARKS / "mountain.svg").read_text(),
        brand=colours["brand-fill"],
        soft=colours["brand-soft"],
        on_brand=colours["on-brand"],
        lang="ru",
        zone="Asia/Kamchatka",
    )


def test_cyrillic_the_rouble_and_the_code_can_be_read_back() -> None:
    text = PdfReader(io.BytesIO(render(head(), DOCUMENT))).pages[0].extract_text()
    words = " ".join(text.split())
    for part in (
        "Авача Банк",
        "Сертификат «Полюс»",
        "1 000 ₽",
        "950 искр",
        "PLS-7F2K-41QX",
        digest(DOCUMENT),
    ):
        assert part in words


def test_a_value_of_many_names_goes_on_over_the_pages() -> None:
    names = [f"Partner{number:03d} of the programme" for number in range(1000)]
    for count in (200, 1000):
        pairs = [("Partner", ", ".join(names[:count])), ("Terms", "5%")]
        pages = PdfReader(io.BytesIO(render(head(), replace(DOCUMENT, pairs=pairs)))).pages
        words = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert [words.count(name.split()[0]) for name in names[:count]] == [1] * count
        assert "5%" in words


def test_markup_in_the_words_is_printed_and_not_obeyed() -> None:
    text = PdfReader(io.BytesIO(render(head(), DOCUMENT))).pages[0].extract_text()
    assert "Покажите <b>код</b> на кассе" in text


def test_the_file_names_its_title_author_and_language() -> None:
    reader = PdfReader(io.BytesIO(render(head(), DOCUMENT)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Сертификат «Полюс»"
    assert reader.metadata.author == "Авача Банк"
    assert reader.metadata.creator == "Авача Банк"
    assert reader.trailer["/Root"]["/Lang"] == "ru"


def test_the_file_says_when_the_document_was_made() -> None:
    made = DOCUMENT.made_at.astimezone(clock.zone("Asia/Kamchatka"))
    metadata = PdfReader(io.BytesIO(render(head(), replace(DOCUMENT, made_at=made)))).metadata
    assert metadata is not None
    assert (metadata.creation_date, metadata.modification_date) == (DOCUMENT.made_at, DOCUMENT.made_at)


def test_day_and_time_are_told_on_one_clock() -> None:
    late = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
    text = PdfReader(io.BytesIO(render(head(), replace(DOCUMENT, made_at=late)))).pages[0].extract_text()
    assert "23 ноября 2026 года, 08:15" in " ".join(text.split())


def test_the_same_document_is_the_same_bytes() -> None:
    assert render(head(), DOCUMENT) == render(head(), DOCUMENT)
