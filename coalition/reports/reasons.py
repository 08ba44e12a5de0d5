"""What promotions gave a purchase, or would give it, and why others gave nothing: for people and for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from coalition.members.queries import segments_by_code
from coalition.programmes.models import Programme
from coalition.programmes.words import words_in
from coalition.promotions import awards, measures, wording, wording_validity
from coalition.promotions.document import Document
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.queries import names_by_version
from coalition.reports.why import Corrected
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

CUT_BY = {
    awards.CUT_BY_PURCHASE: ("limit_per_purchase", N_("the limit of a purchase")),
    awards.CUT_BY_PERIOD: ("limit_per_period", N_("the limit of a period")),
    awards.CUT_BY_BUDGET: ("budget", N_("the offer has no more to give")),
    awards.CUT_BY_LANE: ("lane", N_("the share that such offers have together")),
    awards.CUT_BY_RIVAL: ("other_offer", N_("another offer instead")),
    awards.CUT_BY_DEPOSIT: ("deposit", N_("who pays has no more to give")),
}


@dataclass(frozen=True)
class Reasons:
    """How the reasons of one answer are told: the reader's words, and what numbers in them stand for."""

    words: Words
    names: Mapping[int, tuple[str, int]]  # by version: its promotion's code, its number there
    segments: Mapping[str, int]
    programme: Programme
    _said: dict[int, dict[str, Any]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def gave(self, one: Applied) -> dict[str, Any]:
        """What a version gives, what of it was cut, and by what rule."""
        words, document = self.words, one.document
        given = measures.given(one.points, document, words)
        cut = measures.given(one.cut, document, words) if one.cut else None
        code, why = CUT_BY.get(one.cut_by, ("", ""))
        text = f"{wording.title(document, words)}: {wording.gave(one, words)} = {given.text}"
        if cut:
            text += f" (\N{MINUS SIGN}{cut.text}: {translate(words.lang, why)})"
        return {
            **self._of_version(one.version, document),
            "given": given,
            "cut": cut,
            "cut_by": code or None,
            "counted": measures.counted(one, words),
            "text": text,
        }

    def _of_version(self, version: int, document: Document) -> dict[str, Any]:
        """What is said of every award of a version."""
        said = self._said.get(version)
        if said is None:
            valid = wording_validity.of_award(document, self.programme, self.words)
            said = self._said[version] = {**self._promotion(version, document), "valid": valid}
        return said

    def missed(self, one: Missed, document: Document) -> dict[str, Any]:
        """The first condition of a version that failed: its code, what it wanted and what there was."""
        wanted, actual = measures.missed(one, document, self.words)
        if one.condition == "segment":
            wanted, actual = self._segments(wanted), self._segments(actual)
        said = wording.not_given(one, document, self.words)
        return {
            **self._promotion(one.version, document),
            "code": one.condition,
            "wanted": wanted,
            "actual": actual,
            "text": f"{wording.title(document, self.words)}: {said}",
        }

    def corrected(self, one: Corrected) -> dict[str, Any]:
        """What a correction has changed."""
        words, document = self.words, one.after or one.before
        name = wording.title(document, words) if document else str(one.correction.id)
        assert one.correction.approved_at is not None, "what is posted was signed"
        day = words.written_day(words.day_of(one.correction.approved_at))
        said = wording.corrected(one.before, one.after, words)
        return {
            "correction": one.correction.id,
            "points": measures.points(one.points, words),
            "text": f"{name} ({day}): {said} = {words.points(one.points, signed=True)}",
        }

    def _promotion(self, version: int, document: Document) -> dict[str, Any]:
        code, number = self.names[version]
        return {
            "promotion": code,
            "version": number,
            "title": wording.title(document, self.words),
        }

    def _segments(self, bits: int) -> list[str]:
        return sorted(code for code, bit in self.segments.items() if bits >> bit & 1)


def reasons_in(lang: str, session: Session, programme: Programme, versions: Iterable[int]) -> Reasons:
    """The reasons of these versions, for a reader of that language."""
    words, names = words_in(lang, programme), names_by_version(session, versions)
    return Reasons(words, names, segments_by_code(session), programme)
