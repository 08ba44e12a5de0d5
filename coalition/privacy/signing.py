"""A copy that the staff took in: made once another person has signed that it was the member who asked.

Who asks for her own data in the cabinet has signed in as herself, and her copy is made at once.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.privacy.actions import locked
from coalition.privacy.models import PrivacyRequest
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.errors import Conflict
from tenants.runtime.jobs import ask

KIND = "copy"


def ask_for_copy(session: Session, actor: Actor, *, request_id: UUID) -> Approval:
    """Ask another person to sign a copy; Conflict("privacy_request_ended") where it is made, or can be."""
    actor.must(right_to(KIND, None))
    return approvals.ask(session, actor, _change(_unsigned(session, request_id)))


def sign_copy(
    session: Session, actor: Actor, *, request_id: UUID, approval_id: UUID | None = None
) -> PrivacyRequest:
    """Have the copy made, with this signature. Raises as `ask_for_copy`, and what `approvals.signed` raises."""
    actor.must(right_to(KIND, approval_id))
    found = _unsigned(session, request_id)
    approvals.signed(session, actor, _change(found), approval_id)
    found.signed_by = actor.id
    ask(session, "privacy.copy", request_id=found.id)
    told = {"number": found.number, "member": str(found.member_id)}
    record(session, actor, "privacy.sign_copy", f"request {request_id}", after=told)
    return found


def _unsigned(session: Session, request_id: UUID) -> PrivacyRequest:
    found = locked(session, request_id, KIND)
    if not found.waits_for_signature:
        raise Conflict("privacy_request_ended")
    return found


def _change(request: PrivacyRequest) -> Change:
    """What is signed: this request, about this member."""
    told = {"request": str(request.id), "number": request.number, "member": str(request.member_id)}
    return Change(KIND, f"request {request.id}", {"copied": False}, {"copied": True, **told})
