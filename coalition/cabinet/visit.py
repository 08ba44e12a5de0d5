"""Who is on the page: the member of this request, as whom everything is asked, and how she is told numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from coalition.ledger.queries import balance_of
from coalition.members.models import Member
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from tenants.actor import Actor
from tenants.actor import member as acting
from tenants.auth.sign_ins import signed_in
from tenants.branding.web import language
from tenants.branding.words import Words
from tenants.runtime.web import session

COOKIE = "member"

P = ParamSpec("P")
Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Visit:
    """A signed-in member looking at one page."""

    session: Session
    actor: Actor
    member: Member
    programme: Programme
    w: Words

    @property
    def member_id(self) -> UUID:
        """The member's id."""
        return self.member.id

    def said(self, text: dict[str, str]) -> str:
        """A stored text in the reader's language."""
        return text.get(self.w.lang) or next(iter(text.values()), "")

    def page(self, template: str, *, here: str, **values: object) -> str:
        """Draw a page of the cabinet."""
        return render_template(
            f"cabinet/{template}",
            here=here,
            w=self.w,
            programme_name=self.said(self.programme.name),
            balance=balance_of(self.session, self.member_id).available,
            **{"errors": {}, **values},
        )


def members_only(view: Callable[Concatenate[Visit, P], Answer]) -> Callable[P, Answer]:
    """Give a view its Visit; whoever is not signed in is sent to sign in."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
        secret = request.cookies.get(COOKIE, "")
        member_id = signed_in(session(), kind="member", secret=secret) if secret else None
        if member_id is None:
            return redirect(url_for("cabinet.sign_in"), 303)
        return view(visit_of(member_id), *args, **kwargs)

    return answer


def visit_of(member_id: UUID) -> Visit:
    """The visit of a member who is known to be one."""
    opened = session()
    member = member_by_id(opened, member_id)
    programme = programme_by_id(opened, member.programme_id)
    return Visit(opened, acting(member_id), member, programme, words_of(programme))


def words_of(programme: Programme) -> Words:
    """How this reader is told the programme's numbers."""
    return words_in(language(), programme)
