"""An invented bank for measuring: members, sellers, promotions and a file of card lines, all from one seed."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from coalition.ledger.bulk import uuids
from coalition.members.actions import segment_mask
from coalition.members.models import HandleKind
from coalition.partners.actions import admit_participant
from coalition.programmes.actions import open_programme
from coalition.promotions.document import Document
from coalition.promotions.models import Promotion, PromotionClock, PromotionVersion
from coalition.transactions.profile_versions import add_profile
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime.copying import Column, copy_rows, raw
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import new_id, next_numbers
from tenants.vault import vault_of

MEMBERS, PARTNERS, FUNDERS, SEGMENTS = 100_000, 10_000, 5, 16
CATEGORIES = [f"{5000 + i}" for i in range(300)]
UNKNOWN_CARDS_PERCENT = 1
PROFILE = {
    "name": "bench",
    "layout": {"form": "delimited", "delimiter": ","},
    "currency": "RUB",
    "card": {"name": "card"},
    "dates": {"at": {"name": "at"}, "formats": ["%Y-%m-%d %H:%M:%S"], "zone": "Europe/Moscow"},
    "amounts": [{"at": {"name": "amount"}}],
    "merchant": {"name": "merchant"},
    "mid": {"name": "mid"},
    "mcc": {"name": "mcc"},
    "reference": {"name": "reference"},
}


_MEMBERS = """
insert into member (tenant_id, id, programme_id, segments, enrolled_at)
    select %(tenant)s, id, %(programme)s, segments, now() from new_member;
insert into balance (tenant_id, member_id, available, pending, held, debt, version)
    select %(tenant)s, id, 0, 0, 0, 0, 0 from new_member;
insert into handle (tenant_id, kind, digest, member_id, hint, linked_at)
    select %(tenant)s, 1, card, id, '', now() from new_member
"""


def seed_bank(session: Session, *, members: int = MEMBERS) -> int:
    """Open the tenant with its programme, funders, partners and members; returns the programme's number."""
    open_tenant(session, slug="bench", hosts=["bench.localhost"])
    programme = open_programme(
        session,
        SYSTEM,
        code="bench",
        name={"ru": "Замер", "en": "Bench"},
        unit={"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]},
        scale=0,
        currency="RUB",
        value_minor=100,
        value_points=1,
        zone="Europe/Moscow",
        expiry="days",
        expiry_count=365,
    )
    for i in range(FUNDERS):
        admit_participant(
            session, SYSTEM, code=f"funder{i}", name={"ru": f"Участник {i}", "en": f"Funder {i}"}
        )
    segment_mask(session, [f"s{i}" for i in range(SEGMENTS)])
    add_profile(session, SYSTEM, document=dict(PROFILE))
    _seed_partners(session)
    _seed_members(session, programme.id, members)
    return programme.id


def _seed_partners(session: Session) -> None:
    tenant_id = tenant_of(session)
    session.execute(
        text(
            "insert into partner (tenant_id, id, participant_id, code, name, about, category, icon)"
            " select :tenant, n, 1 + n % :funders, 'p' || n, '{}', '{}', '', 'shop'"
            " from generate_series(1, :count) n"
        ),
        {"tenant": tenant_id, "funders": FUNDERS, "count": PARTNERS},
    )
    session.execute(
        text(
            "insert into terminal (tenant_id, mid, tid, partner_id)"
            " select :tenant, 'M' || n, '', n from generate_series(1, :count) n"
        ),
        {"tenant": tenant_id, "count": PARTNERS},
    )


def _seed_members(session: Session, programme_id: int, count: int) -> None:
    tenant_id, draw = tenant_of(session), np.random.default_rng(20261122)
    ids = uuids(sorted(new_id() for _ in range(count)))
    cards = vault_of(session).digests(HandleKind.CARD_TOKEN.name, [card(i) for i in range(count)])
    cursor = raw(session).cursor()
    copy_rows(
        cursor,
        "new_member",
        [
            Column("id", "uuid", ids),
            Column("card", "uuid", np.frombuffer(b"".join(cards), "V16")),
            Column("segments", "int8", 1 << draw.integers(0, SEGMENTS, count)),
        ],
    )
    for statement in _MEMBERS.split(";"):
        cursor.execute(statement, {"tenant": tenant_id, "programme": programme_id})


def card(number: int) -> str:
    """The bank's token of a member's card."""
    return f"tok-{number:08}"


def documents(count: int) -> Iterator[Document]:
    """So many promotions: most for partners, some for categories, few for segments.

    Mechanics: percent 60 %, fixed 20 %, per step 20 %; six in ten have a monthly limit, half a least amount. For
    200 the scopes are 60, 30 and 10 %, each partner promotion for three popular shops; for more 95, 4.5 and 0.5 %, each
    for one shop drawn evenly. That gives about 2 and about 5 awards a line.
    """
    draw = random.Random(count)  # noqa: S311  the same draw every time
    shares = (600, 900) if count <= 1000 else (950, 995)
    for i in range(count):
        place = i * 1000 // count
        if place < shares[0]:
            partners = [_popular(draw) for _ in range(3)] if count <= 1000 else [draw.randint(1, PARTNERS)]
            conditions: dict[str, object] = {"partners": [f"p{number}" for number in partners]}
        elif place < shares[1]:
            conditions = {"mcc": draw.sample(CATEGORIES, 2)}
        else:
            conditions = {"segments": [f"s{draw.randrange(SEGMENTS)}"]}
        if draw.random() < 0.5:
            conditions["amount_from"] = str(draw.choice((500, 1000, 3000)))
        yield Document.model_validate(
            {
                "title": {"ru": f"Акция {i}", "en": f"Promotion {i}"},
                "conditions": conditions,
                "mechanic": _mechanic(draw),
                "limits": {"per_month": str(draw.choice((200, 500, 1000)))} if draw.random() < 0.6 else {},
                "funding": [{"participant": f"funder{i % FUNDERS}", "share": 100}],
            }
        )


def seed_sellers(session: Session) -> None:
    """Make every partner's seller known, as after a first day of sales."""
    session.execute(
        text(
            "insert into merchant (tenant_id, id, name)"
            " select tenant_id, id, code from partner where tenant_id = cast(:tenant as int)"
        ),
        {"tenant": tenant_of(session)},
    )
    next_numbers(session, "merchant", PARTNERS)


def seed_promotions(session: Session, programme_id: int, count: int, more: Sequence[Document] = ()) -> None:
    """Make so many promotions live, and `more`, all at once."""
    tenant_id = tenant_of(session)
    promotions: list[dict[str, object]] = []
    versions: list[dict[str, object]] = []
    for i, document in enumerate([*documents(count), *more]):
        numbered = {"tenant_id": tenant_id, "id": i + 1}
        promotions.append(numbered | {"programme_id": programme_id, "code": f"promotion-{i}"})
        versions.append(
            numbered
            | {"promotion_id": i + 1, "document": document.model_dump(mode="json")}
            | {
                "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
                "published_at": datetime(2026, 1, 1, tzinfo=UTC),
            }
        )
    session.execute(insert(Promotion), promotions)
    session.execute(insert(PromotionVersion), versions)
    session.add(PromotionClock(tenant_id=tenant_id, number=count + len(more)))


def _mechanic(draw: random.Random) -> dict[str, str]:
    kind = draw.random()
    if kind < 0.6:
        return {"kind": "percent", "rate": str(draw.choice(("1", "2.5", "5")))}
    if kind < 0.8:
        return {"kind": "fixed", "points": str(draw.choice((5, 10, 20)))}
    return {"kind": "per_step", "points": "1", "step": str(draw.choice((50, 100)))}


def _popular(draw: random.Random) -> int:
    """A partner's number, the low ones more often, as shops are."""
    return min(PARTNERS, int(PARTNERS * draw.random() ** 3) + 1)


def write_lines(path: Path, *, lines: int, members: int = MEMBERS, seed: int = 1) -> None:
    """Write a month of card lines, in no order of members, one in a hundred of a card that nobody has."""
    draw = np.random.default_rng(seed)
    unknown = draw.random(lines) * 100 < UNKNOWN_CARDS_PERCENT
    cards = np.where(unknown, members + draw.integers(0, 1000, lines), draw.integers(0, members, lines))
    partners = np.minimum(PARTNERS, (PARTNERS * draw.random(lines) ** 3).astype(np.int64) + 1)
    kopecks = np.maximum(100, np.exp(draw.normal(11.0, 1.1, lines))).astype(np.int64)
    seconds = np.sort(draw.integers(0, 30 * 86_400, lines))
    stamps = np.datetime_as_string(np.datetime64("2026-10-01T00:00:00") + seconds.astype("timedelta64[s]"))
    with path.open("w", newline="") as target:
        target.write("reference,card,at,amount,mid,mcc,merchant\n")
        for start in range(0, lines, 50_000):
            block = slice(start, start + 50_000)
            target.writelines(
                _rows(start, seed, cards[block], partners[block], kopecks[block], stamps[block].tolist())
            )


def _rows(
    start: int, seed: int, cards: np.ndarray, partners: np.ndarray, kopecks: np.ndarray, stamps: Sequence[str]
) -> list[str]:
    return [
        f"R{seed}-{start + i:09},{card(number)},{stamp.replace('T', ' ')},{Decimal(amount).scaleb(-2)},"
        f"M{partner},{CATEGORIES[partner % 300]},SHOP {partner}\n"
        for i, (number, partner, amount, stamp) in enumerate(
            zip(cards.tolist(), partners.tolist(), kopecks.tolist(), stamps, strict=True)
        )
    ]
