"""A till's client of the API: it keeps its token, and a write that had no answer is sent again with the same key.

It knows nothing of the house but the API, so it can be copied into a till's own program.
"""

import random
import time
from typing import Any

import httpx

AGAIN = frozenset({429, 500, 502, 503, 504})
IN_PROGRESS = "request_in_progress"
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0  # seconds

Json = dict[str, Any]


class Refused(Exception):
    """The API says no: nothing was changed, and the same request will be refused again. `problem` says why."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(problem.get("detail", f"HTTP {status}"))
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        """The problem's stable code."""
        return str(self.problem.get("code", ""))


class Away(Exception):
    """No answer within the till's patience. What was asked may be done or not: send it again with the same key."""


class Till:
    """One till: `url` is where the API is (https://…/v1); `host` is named where the address is not the programme's.

    Every method returns the answer's JSON, or raises Refused or Away. One till is used by one thread.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        secret: str,
        *,
        host: str = "",
        language: str = "ru",
        patience: float = 60,
    ) -> None:
        headers = {"Accept-Language": language} | ({"Host": host} if host else {})
        self._http = httpx.Client(base_url=url, headers=headers, timeout=30)
        self._sign_in = (client_id, secret)
        self._patience = patience
        self._token, self._good_until = "", 0.0

    def find(self, handle: str) -> Json:
        """The member whom a card, phone or e-mail finds, with her balance."""
        return self.send("POST", "/members/find", {"handle": handle})

    def quote(self, sale: Json) -> Json:
        """What a sale would give, and how much of it points may pay."""
        return self.send("POST", "/purchases/quote", sale)

    def hold(self, sale: Json) -> Json:
        """Set the sale's points aside."""
        return self.write("/purchases/hold", sale)

    def sell(self, sale: Json) -> Json:
        """Book a sale."""
        return self.write("/purchases", sale)

    def void(self, member: Json, reference: str) -> Json:
        """Let go what is set aside for a sale."""
        return self.write("/purchases/void", {"member": member, "reference": reference})

    def take_back(self, back: Json) -> Json:
        """Book goods brought back."""
        return self.write("/returns", back)

    def write(self, path: str, body: Json, key: str = "") -> Json:
        """Send a write under its key: the same for the same reference, so that sending it twice does it once."""
        return self.send("POST", path, body, {"Idempotency-Key": key or f"{path} {body['reference']}"})

    def send(self, method: str, path: str, body: Json | None = None, headers: Json | None = None) -> Json:
        """Send a request until it is answered: after a lost line, a busy server or an old token once more."""
        ends, wait, said = time.monotonic() + self._patience, FIRST_WAIT, ""
        while True:
            try:
                found = self._once(method, path, body, headers or {})
                if found.is_success:
                    answer: Json = found.json()
                    return answer
                problem = _problem(found)
                if found.status_code == httpx.codes.UNAUTHORIZED and self._token:
                    self._token = ""  # over, or revoked: ask for another
                elif found.status_code not in AGAIN and problem.get("code") != IN_PROGRESS:
                    raise Refused(found.status_code, problem)
                wait, said = max(wait, float(found.headers.get("Retry-After", 0))), str(problem)
            except httpx.TransportError as error:
                said = repr(error)
            if time.monotonic() + wait > ends:
                raise Away(f"{path}: {said}")
            time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  many tills must not come back at once
            wait = min(2 * wait, LONGEST_WAIT)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _once(self, method: str, path: str, body: Json | None, headers: Json) -> httpx.Response:
        if not self._token or time.monotonic() > self._good_until:
            answer = self._http.post(
                "/oauth/token", data={"grant_type": "client_credentials"}, auth=self._sign_in
            )
            if answer.status_code in AGAIN:
                return answer
            if (
                not answer.is_success
            ):  # the secret may have been changed: what is asked is not refused by that
                raise Away(f"no token: {_problem(answer)}")
            token = answer.json()
            self._token = token["access_token"]
            self._good_until = time.monotonic() + token["expires_in"] - 30
        sent = headers | {"Authorization": f"Bearer {self._token}"}
        return self._http.request(method, path, json=body, headers=sent)


def _problem(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
