"""Files of claims and letters about them, as the member sends and keeps them."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, request, send_file

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claim_paper import letter
from coalition.cabinet.visit import COOKIE, Answer, Visit, members_only
from coalition.claims.attaching import FILES_MAX, attach, read_attachment
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.queries import claim_of, decisions_of
from coalition.papers import MEGABYTES_MAX, Brought
from tenants.auth.sign_ins import signed_in
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import session

_BODY_MAX = (FILES_MAX * MEGABYTES_MAX + 1) << 20
_TAKING_FILES = ("cabinet.open_claim", "cabinet.answer_claim", "cabinet.add_claim_files")


@cabinet.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A body as large as some files is read only from somebody who is signed in."""
    if request.method != "POST" or endpoint not in _TAKING_FILES:
        return
    secret = request.cookies.get(COOKIE, "")
    if secret and signed_in(session(), kind="member", secret=secret):
        request.max_content_length = _BODY_MAX


@cabinet.get("/claims/<uuid:claim_id>/files/<uuid:file_id>")
@members_only
def claim_file(visit: Visit, claim_id: UUID, file_id: UUID) -> Answer:
    """A file of hers, to be kept: never shown within the page."""
    found = read_attachment(
        visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, file_id=file_id
    )
    return kept(found.content, found.media, found.name)


@cabinet.get("/claims/<uuid:claim_id>/answer-<int:opening>.pdf")
@members_only
def claim_letter(visit: Visit, claim_id: UUID, opening: int) -> Answer:
    """The answer as a letter."""
    found = claim_of(visit.session, visit.member_id, claim_id)
    decision = answer_of(visit.session, found, opening)
    return kept(
        letter(visit.session, visit.programme, found, decision),
        "application/pdf",
        f"claim-{found.number}.pdf",
    )


def answer_of(opened: Any, found: Claim, opening: int) -> ClaimDecision:
    """What was decided at an opening of a claim; NotFound("answer_unknown")."""
    for decision in decisions_of(opened, found):
        if decision.state == "done" and decision.opening == opening:
            return decision
    raise NotFound("answer_unknown")


def kept(content: bytes, media: str, name: str) -> Response:
    """A file that the browser keeps and does not look into."""
    answer = send_file(BytesIO(content), mimetype=media, as_attachment=True, download_name=name, etag=False)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def field_of(refused: Refusal) -> str:
    """Where the sentence belongs."""
    if refused.code == "claim_incomplete":
        return str(refused.facts["field"])
    if refused.code.startswith("attachment"):
        return "files"
    return "words"


def attach_sent(visit: Visit, claim_id: UUID) -> None:
    """Attach the files that a form brought."""
    if brought := sent_files():
        attach(visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, brought=brought)


def sent_files() -> list[Brought]:
    """The files that a form brought, each read to one byte more than is taken."""
    sent = [one for one in request.files.getlist("files") if one.filename]
    return [Brought(one.filename or "", one.stream.read((MEGABYTES_MAX << 20) + 1)) for one in sent]
