"""The act of an erasure with the brand's head: what was erased, what is kept and why, by whom and when; of nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from coalition.cabinet.paper import letterhead
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.plan import LEDGER, PERSON, WORDS
from coalition.programmes.models import Programme
from coalition.programmes.words import words_in
from tenants.branding.letterhead import Document, Letterhead, render
from tenants.branding.sheets import Sheet
from tenants.branding.words import Words
from tenants.roles import Known, roles


def act(
    session: Session, programme: Programme, request: PrivacyRequest, lang: str, people: Mapping[str, str]
) -> bytes:
    """The act as PDF; `people` are names of the staff by their ids. The same erasure gives the same bytes."""
    report, ended_at = request.report, request.ended_at
    assert report is not None, "an act tells what was done"
    assert ended_at is not None, "what was done has a moment"
    with force_locale(lang):
        w, paper = words_in(lang, programme), letterhead(session, programme, lang)
        signed = _Signed(people, report.get("roles", {}), roles(session), lang)
        rows = sum((*report["erased"].values(), *report["blanked"].values()))
        document = Document(
            title=_("Act of the erasure of personal data"),
            subtitle=_("By request %(number)s of the member", number=request.number),
            number=_("Request %(number)s", number=request.number),
            made_at=ended_at,
            pairs=[
                (_("Operator of the data"), _operator(report.get("operator", {}), paper)),
                (_("Whose data"), _("Member %(id)s", id=request.member_id)),
                (_("Asked at"), w.written(request.asked_at)),
                (_("Erased at"), w.written(ended_at)),
                (_("Asked for by"), signed.called(report["asked_by"])),
                (_("Signed by"), signed.called(request.ended_by)),
                (_("How"), _("Rows removed or emptied in the database, files removed")),
            ],
            total=(_("Rows erased or emptied"), w.number(rows)),
            sheets=[
                _sheet(w, _("Erased"), _("Whole rows, for ever"), PERSON, report["erased"]),
                _sheet(w, _("Emptied"), _("Rows without what told of the person"), WORDS, report["blanked"]),
                _sheet(
                    w,
                    _("What is kept"),
                    _(
                        "Sums and ids of nobody: accounting and settlement with partners need them, and the law does"
                    ),
                    LEDGER,
                    report["kept"],
                ),
            ],
            notes=[
                _("Points that nobody can spend any more: %(points)s", points=w.points(report["points"])),
                _(
                    "Kept sealed until their own term is over: answers to programs of the API (30 days), files that "
                    "wait for a signature (4 days). Lines that a file of the bank had rejected keep an excerpt, "
                    "without numbers of cards"
                ),
                _(
                    "Backups made before this moment hold the data, sealed, until they are removed by their own term"
                ),
            ],
        )
        return render(paper, document)


@dataclass(frozen=True)
class _Signed:
    """Who asked and who signed: names by ids, codes of the roles that they had then, and what roles are called."""

    people: Mapping[str, str]
    held: Mapping[str, Sequence[str]]
    known: Mapping[str, Known]
    lang: str

    def called(self, staff_id: object) -> str:
        """The name, with the positions."""
        name = self.people.get(str(staff_id), _("The house"))
        codes = self.held.get(str(staff_id), ())
        titles = [self.known[code].names[self.lang] if code in self.known else code for code in codes]
        return f"{name} ({', '.join(titles)})" if titles else name


def _operator(told: Mapping[str, str], paper: Letterhead) -> str:
    """Who answers for the data: the legal entity where the programme's operator has told it, else the tenant's name."""
    inn = _("INN %(number)s", number=told["inn"]) if "inn" in told else ""
    return ", ".join(part for part in (told.get("name", paper.name), inn, told.get("address", "")) if part)


def _sheet(w: Words, title: str, about: str, titles: Mapping[str, str], counts: Mapping[str, int]) -> Sheet:
    rows = [(_(called), w.number(count)) for name, called in titles.items() if (count := counts.get(name))]
    return Sheet(title, about, (_("What"), _("Rows")), rows)
