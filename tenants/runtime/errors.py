"""What can go wrong, in two kinds: the answer is no, or we could not find out.

Codes are stable snake_case strings; the sentence a person reads is made from code and facts at the face,
in that person's language.
"""

from typing import Any


class Problem(Exception):
    """Base of both kinds: a stable `code` and the `facts` its sentence needs."""

    status = 500

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class Refusal(Problem):
    """The answer is no. Nothing was changed; asking again will not help."""

    status = 422


class NotFound(Refusal):
    """No such thing, or not for this actor: the two are never told apart."""

    status = 404


class Conflict(Refusal):
    """It was already done, or the state has moved on."""

    status = 409


class Forbidden(Refusal):
    """The actor lacks the permission."""

    status = 403


class Outage(Problem):
    """We could not find out: a server is away. Safe to try again."""

    status = 503
