"""The answer to a claim as a letter with the brand's head, in the language of the reply."""

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from coalition.cabinet.claim_words import FOR_MEMBERS, name_of
from coalition.cabinet.paper import letterhead
from coalition.claims.kinds import TITLES, Kind
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.states import State
from coalition.claims.texts import reply_of
from coalition.members.queries import person_of
from coalition.programmes.models import Programme
from coalition.programmes.words import words_in
from tenants.branding.letterhead import Document, render


def letter(session: Session, programme: Programme, claim: Claim, decision: ClaimDecision) -> bytes:
    """The letter as PDF; the same decision gives the same bytes."""
    assert decision.done_at is not None, "a letter tells what is decided"
    with force_locale(decision.lang):
        w = words_in(decision.lang, programme)
        _tone, _icon, outcome = FOR_MEMBERS[State(decision.outcome)]
        given = decision.given or 0
        document = Document(
            title=_("Answer to your claim"),
            subtitle=_(TITLES[Kind(claim.kind)]),
            number=name_of(claim),
            made_at=decision.done_at,
            pairs=[
                (_("To"), person_of(session, claim.member_id).name),
                (_("Claim"), name_of(claim)),
                (_("Opened"), w.written(claim.opened_at)),
                (_("Answered"), w.written(decision.done_at)),
                (_("Decision"), _(outcome)),
            ],
            total=(_("Points"), w.points(given, signed=True) if given else w.points(0)),
            notes=[line for line in reply_of(session, decision).split("\n") if line.strip()],
        )
        return render(letterhead(session, programme, decision.lang), document)
