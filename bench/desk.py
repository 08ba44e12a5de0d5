"""How long the desk's pages take at the server with few members and with many, each with ten purchases behind her."""

import http.client
import random
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from bench import seed
from bench.online import HOST, ids_of, listening, opened
from bench.scale import MONTHS
from tenants import process
from tenants.actions import rebrand
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.roles import built_in
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tenants.staff import invite_staff

ROUNDS = 9
_MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z" fill="#1a5fb4"/></svg>'
LISTS = (
    *("", "files/", "jobs/", "payouts/", "deposits/", "promotions/", "claims/", "claims/figures/", "codes/"),
    *("benefits/", "draws/", "segments/", "returns/", "one-or-two/", "approvals/", "people/", "audit/"),
    *(
        "lists/all_members/",
        "lists/all_members/?show=debt",
        "lists/purchases/",
        "lists/purchases/?show=returned",
    ),
    *("lists/redemptions/", "lists/cards/", "lists/messages/", "exports/", "filters/"),
)


class Page(NamedTuple):
    """A page, and the milliseconds that its rounds took with few and with many members."""

    name: str
    few: float
    many: float


def measure(chosen: Settings, *, few: int, many: int) -> list[Page]:
    """Medians of every page; the banks stand beside each other and are asked by turns."""
    with ExitStack() as stack:
        banks = []
        for members in (few, many):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coalition-bench-")))
            bank = stack.enter_context(opened(chosen, folder, members, f"coalition_bench_{members}", MONTHS))
            banks.append((members, bank))
        desks = []
        for members, bank in banks:
            process.begin(bank)
            secret, ids = _let_in(), ids_of(bank)
            desks.append(_Desk(stack.enter_context(listening(bank)), secret, members, ids))
        took: dict[str, list[list[float]]] = {}
        for _ in range(ROUNDS):
            for place, desk in enumerate(desks):
                for name, ask in desk.pages():
                    began = time.perf_counter()
                    ask()
                    took.setdefault(name, [[], []])[place].append((time.perf_counter() - began) * 1000)
        return [Page(name, median(found[0]), median(found[1])) for name, found in took.items()]


def _let_in() -> str:
    """The secret of somebody who may do everything, signed in; pages are shown under a brand."""
    with db.transaction(1) as session:
        rebrand(
            session,
            SYSTEM,
            name={"ru": "Замер", "en": "Bench"},
            language="ru",
            brand="#1a5fb4",
            accent="#c64600",
            corner="round",
            logo=_MARK,
            logo_dark=_MARK,
        )
        staff = invite_staff(
            session,
            SYSTEM,
            login="bench",
            name="Bench",
            password=secrets.token_urlsafe(16),
            roles=sorted(built_in()),
        )
        return sign_in(session, kind="staff", subject_id=staff.id)


class _Desk:
    """One bank's desk, as a browser asks it."""

    def __init__(self, port: int, secret: str, members: int, ids: Sequence[str]) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.host, self.cookies = f"{HOST}:{port}", {"staff": secret}
        self.members, self.ids, self.draw = members, ids, random.Random(members)  # noqa: S311
        form = self.get("/desk/members/")
        self.csrf = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form)[0]

    def pages(self) -> list[tuple[str, Callable[[], str]]]:
        """Each page with what asks for it."""
        card = seed.card(self.draw.randrange(self.members))
        found = [
            ("a member", lambda: self.get(f"/desk/members/{self.draw.choice(self.ids)}")),
            ("search by card", lambda: self.find(card)),
            ("search by last digits", lambda: self.find(card[-4:])),
            ("search by phone, nobody's", lambda: self.find("+79990000000")),
            ("search by name, nobody's", lambda: self.find("Тютчева")),
        ]
        return found + [(f"/desk/{path}", self._list(path)) for path in LISTS]

    def _list(self, path: str) -> Callable[[], str]:
        return lambda: self.get(f"/desk/{path}")

    def find(self, text: str) -> str:
        """What a search answers; the page of who is found comes with it."""
        body = urlencode({"csrf_token": self.csrf, "q": text})
        answer = self._ask("POST", "/desk/members/", body)
        return self.get(answer.location) if answer.status == 303 else answer.told

    def get(self, path: str) -> str:
        """A page."""
        answer = self._ask("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return answer.told

    def _ask(self, method: str, path: str, body: str | None = None) -> "_Answer":
        headers = {
            "Host": self.host,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request(method, path, body, headers)
        came = self.line.getresponse()
        for told in came.headers.get_all("Set-Cookie", ()):
            name, _, value = told.partition(";")[0].partition("=")
            self.cookies[name] = value
        if came.status >= 400:
            raise RuntimeError(f"{path} answered {came.status}")
        return _Answer(came.status, came.headers.get("Location", ""), came.read().decode())


class _Answer(NamedTuple):
    status: int
    location: str
    told: str
