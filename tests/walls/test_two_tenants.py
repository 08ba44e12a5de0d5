"""Each wall alone: without row-level security the queries hold, without the queries row-level security holds."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy import inspect as state_of
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

import charity.queries
import coalition.backtests.queries
import coalition.benefits.queries
import coalition.cards.queries
import coalition.care.queries
import coalition.claims.queries
import coalition.draws.queries
import coalition.ledger.queries
import coalition.mailings.queries
import coalition.members.queries
import coalition.offers.queries
import coalition.partners.queries
import coalition.privacy.queries
import coalition.programmes.queries
import coalition.promotions.queries
import coalition.redemption.queries
import coalition.segments.queries
import coalition.settlement.queries
import coalition.tickets.queries
import coalition.transactions.by_hand.queries
import coalition.transactions.corrections.queries
import coalition.transactions.of_orders.queries
import coalition.transactions.queries
import coalition.transactions.two_channels.queries
import coalition.webhooks.queries
from admin.console import files as console_files
from admin.console import payouts as console_payouts
from admin.console import promotion_told
from admin.rights import pages
from coalition.benefits.actions import add_benefit
from coalition.members import names
from coalition.members.queries import person_of
from coalition.partners import clients
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.promotions import overview, retiring
from coalition.promotions.deposits import top_up
from coalition.promotions.life import begin_draft
from coalition.redemption import payouts
from coalition.reports import (
    audit,
    claim_evidence,
    filters,
    finding,
    history,
    missing,
    payout_register,
    timeline,
    why,
)
from coalition.reports.exports.queries import exports_of
from coalition.reports.lists import LISTS
from coalition.reports.lists.base import part
from coalition.transactions import sales
from migrations import tables
from tenants import audit as trail
from tenants import own_password, provider, roles, staff
from tenants.actor import SYSTEM
from tenants.approvals import actions as approvals
from tenants.approvals import queries as approval_queries
from tenants.auth import passkeys, sign_ins
from tenants.auth.codes import try_code
from tenants.auth.passwords import check_password
from tenants.auth.sign_ins import signed_in
from tenants.branding.web import branding_of
from tenants.models import Role
from tenants.permissions import OF_OPERATORS, Permission
from tenants.roles import built_in
from tenants.runtime import clock, db
from tenants.runtime.db import Base
from tenants.runtime.embedded import Servers
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tenants.staff import invite_staff
from tests.admin.conftest import assembled
from tests.walls.desk_pages import asked, held
from tests.walls.desk_pages import signed_in as signed_in_at_desk
from tests.walls.two_tenants import NOW, PASSWORD, Furnished, furnish_both


def list_part(session: Session) -> list[Any]:
    """The first page of every list."""
    w = words_in("en", the_programme(session))
    found = [(one, part(session, one, {"file": "1"}, "UTC", size=9).rows) for one in LISTS]
    return [[rows, one.told(session, rows, w)] for one, rows in found]


def list_rows(session: Session) -> list[Any]:
    """What a file of every list has, and how much."""
    asked = {"file": "1"}
    return [
        [one.rows(session, asked, "UTC", after=None, limit=9), one.count(session, asked, "UTC")]
        for one in LISTS
    ]


ROOMS = (
    charity.queries, coalition.backtests.queries, coalition.benefits.queries, coalition.cards.queries,
    coalition.care.queries,
    coalition.claims.queries,
    coalition.draws.queries, coalition.ledger.queries,
    coalition.mailings.queries, coalition.members.queries, coalition.offers.queries,
    coalition.partners.queries, coalition.privacy.queries, coalition.programmes.queries, coalition.promotions.queries,
    coalition.redemption.queries, coalition.segments.queries, coalition.settlement.queries,
    coalition.tickets.queries,
    coalition.transactions.by_hand.queries, coalition.transactions.corrections.queries, coalition.transactions.queries,
    coalition.transactions.of_orders.queries,
    coalition.transactions.two_channels.queries, coalition.webhooks.queries,
)  # fmt: skip
READS = [
    function
    for room in ROOMS
    for name, function in sorted(vars(room).items())
    if inspect.isfunction(function) and function.__module__ == room.__name__ and not name.startswith("_")
    if name != "merchants_by_name"  # gives a number to any name
] + [
    audit.audit, claim_evidence.evidence, history.history, why.why, timeline.timeline, finding.find, missing.clues,
    names.members_named, payout_register.register_for_payee,
    payouts.registers, payouts.register_lines, payouts.waiting_by_payee,
    branding_of, check_password, signed_in, try_code,
    console_files.profiles, console_files.progress_of,
    console_payouts.register_by_id, console_payouts.sums_by_state,
    overview.promotions, overview.promotion_by_code, overview.draft_by_id, retiring.granting_promotions,
    promotion_told.people_named,
    clients.all_clients, clients.client_by_id, clients.has_secret, sales.sale_of,
    trail.prove, roles.roles, roles.roles_of, roles.holders, staff.staff_by_id, own_password.person_of_link,
    sign_ins.holding,
    approvals.approval_by_id, approval_queries.own_approvals, approval_queries.decision_of,
    approval_queries.waiting_of,
    list_part, list_rows, exports_of, filters.filters_of,
    provider.provider_of, passkeys.passkeys_of,
]  # fmt: skip
_HAND = {"participant_id": "owner_id", "number": "hand_number", "key": "hand_key", "members": "hand_members"}
OWN_WORDS: dict[str, dict[str, str]] = {
    **dict.fromkeys(
        (
            "entered",
            "entered_by_company",
            "latest_of_company",
            "outlets_by_cause",
            "outlets_by_row",
            "own_sale",
            "sale_numbered",
        ),
        _HAND | {"causes": "hand_causes", "of": "owner_id"},
    ),
    "entered_on": {"staff_id": "hand_staff", "day": "hand_day"},
    "claim_by_number": {"number": "claim_number"},
    "letter_by_number": {"number": "letter_number"},
    "tickets_in_state": {"state": "ticket_state"},
    "bought_after": {"mailing": "mailing_done"},
    "mailings_between": {"first": "mailing_first", "after": "mailing_after"},
    "queue": {"staff_id": "officer_id"},
    "counts": {"staff_id": "officer_id"},
    "figures": {"by": "figures_by", "since": "figures_since"},
    "outlet_by_code": {"code": "outlet_code"},
    "partners_of": {"participant_id": "owner_id"},
    "network_by_code": {"code": "network_code"},
    "orders_by_id": {"ids": "order_ids"},
    "partner_by_code": {"code": "partner_code"},
    "promotion_by_code": {"code": "promotion_code"},
    "benefit_by_code": {"code": "benefit_code"},
    "grant_by_code": {"code": "grant_code"},
    "draw_by_code": {"code": "draw_code"},
    "segment_by_code": {"code": "segment_code"},
    "people_named": {"ids": "staff_ids"},
    "lots_by_id": {"lots": "lot_ids"},
    "has_secret": {"secret": "client_secret"},
    "the_programme": {"code": "p"},
    "signed_in": {"kind": "member"},
    "waiting_of": {"kind": "days_off", "subject": "approval_subject"},
    "try_code": {"code": "one_time_code"},
    "find": {"text": "token_text"},
    "clues": {"day": "last_day"},
    "person_of_link": {"secret": "link_secret"},
    "holding": {"subject_id": "staff_id"},
    "certificate_of": {"redemption": "certificate"},
    "reward_of_any_state": {"code": "reward_code"},
    "latest_backtests": {"code": "promotion_code"},
    "compiled": {"published": "published", "number": "version"},
}


WORDS = re.compile(r"\b(?:from|join|into|update)\s+(?:only\s+)?([a-z_]+)", re.IGNORECASE)


@contextmanager
def listening(heard: list[str]) -> Iterator[None]:
    """Note every statement that names a table."""
    execute = psycopg.Cursor.execute

    def noting(self: psycopg.Cursor[Any], query: Any, *args: Any, **more: Any) -> Any:
        said = query.as_string(self) if hasattr(query, "as_string") else query
        if isinstance(said, str) and WORDS.search(said):
            heard.append(said)
        return execute(self, query, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noting)
        yield


@pytest.fixture(scope="module")
def heard() -> list[str]:
    """What was said to the database while the tenants were furnished."""
    return []


@pytest.fixture(scope="module")
def furnished(_begun: None, heard: list[str]) -> Iterator[tuple[Connection, tuple[Furnished, Furnished]]]:
    """Both tenants on one connection, because furnishing takes a while; rolled back at the end of all."""
    with db.configured().connect() as connection, connection.begin() as whole:
        with db.joined(connection), listening(heard):
            both = furnish_both()
        yield connection, both
        whole.rollback()


@pytest.fixture
def pair(
    furnished: tuple[Connection, tuple[Furnished, Furnished]],
) -> Iterator[tuple[Furnished, Furnished]]:
    """Both tenants, as they were furnished."""
    connection, both = furnished
    with connection.begin_nested() as point, db.joined(connection):
        yield both
        point.rollback()


EMPTY = ("", "None", "[]", "{}", "0", "['[]', 'None']")


def ask(read: Callable[..., Any], tenant: int, arguments: dict[str, Any], own: dict[str, Any]) -> str:
    """The answer as text with everything in it, or the refusal."""
    wanted = inspect.signature(read).parameters
    given = {
        name: arguments[OWN_WORDS.get(read.__name__, {}).get(name, name)]
        if OWN_WORDS.get(read.__name__, {}).get(name, name) in arguments
        else OWN_WORDS[read.__name__][name]
        for name, parameter in wanted.items()
        if name not in ("session", "opened")
        and (parameter.default is inspect.Parameter.empty or name == "code")
    }
    if "programme" in given:
        given["programme"] = own["programme"]  # a programme is always the session's own
    with clock.stopped(NOW), db.transaction(tenant) as session:
        try:
            return shown(read(session, **given))
        except Refusal as refusal:
            return f"refused: {refusal.code}"


def shown(found: Any) -> str:
    """Everything in an answer, rows with all their columns."""
    if isinstance(found, Base):
        row = state_of(found)
        columns = [column.key for column in row.mapper.column_attrs]
        return f"{type(found).__name__}{ {name: str(row.attrs[name].loaded_value) for name in columns} }"
    if isinstance(found, dict):
        return f"{ {shown(key): shown(value) for key, value in found.items()} }"
    if isinstance(found, str | bytes | int) or found is None:
        return str(found)
    if isinstance(found, list | tuple) or hasattr(found, "_mapping"):
        return f"{[shown(one) for one in found]}"
    if hasattr(found, "__dataclass_fields__"):
        return f"{ {name: shown(getattr(found, name)) for name in found.__dataclass_fields__} }"
    return str(found)


def leaks(answer: str, other: Furnished) -> list[str]:
    words = [*other.marks, f"'tenant_id': '{other.tenant}'"]
    return [word for word in words if word in answer]


@pytest.fixture
def bypassing(servers: Servers, base: Settings, _begun: None) -> Iterator[tuple[Furnished, Furnished]]:
    """Both tenants, and every session a superuser's, for whom there are no policies."""
    database = make_url(base.database_url).database
    url = make_url(servers.superuser_url).set(database=database)
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC"})
    with engine.connect() as connection, connection.begin() as whole, db.joined(connection):
        yield furnish_both()
        whole.rollback()
    engine.dispose()


def test_without_row_level_security_the_queries_show_nothing_of_another_tenant(
    bypassing: tuple[Furnished, Furnished],
) -> None:
    first, second = bypassing
    with db.transaction(second.tenant) as session:
        assert session.execute(text("select count(distinct tenant_id) from member")).scalar_one() == 2
    leaking, silent = {}, []
    for read in READS:
        alone = ask(read, second.tenant, second.arguments, second.arguments)
        if alone in EMPTY or alone.startswith("refused"):
            silent.append((read.__name__, alone))  # it would prove nothing
        foreign = ask(read, second.tenant, first.arguments, second.arguments)
        if found := leaks(alone, first) + leaks(foreign, first):
            leaking[read.__name__] = found
    assert (leaking, silent) == ({}, [])


def test_without_the_queries_row_level_security_shows_nothing_of_another_tenant(
    pair: tuple[Furnished, Furnished],
) -> None:
    first, second = pair
    with db.transaction(second.tenant) as session:
        owners, named = {}, {}
        for table in tables.tenant_tables():
            owners[table] = set(session.scalars(text(f"select tenant_id from {table}"))) - {second.tenant}
            other = text(f"select count(*) from {table} where tenant_id = :other")
            named[table] = session.execute(other, {"other": first.tenant}).scalar_one()
    assert set(map(frozenset, owners.values())) == {frozenset()}
    assert set(named.values()) == {0}


def test_the_two_have_rows_nearly_everywhere(pair: tuple[Furnished, Furnished]) -> None:
    empty = []
    for table in tables.tenant_tables():
        with db.transaction(pair[0].tenant) as session:
            if not session.scalar(text(f"select count(*) from {table}")):
                empty.append(table)
    assert empty == []


def test_nobody_writes_into_another_tenant(pair: tuple[Furnished, Furnished]) -> None:
    first, second = pair
    with db.transaction(second.tenant) as session:
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(
                text("insert into segment (tenant_id, bit, code) values (:other, 40, 'x')"),
                {"other": first.tenant},
            )
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(text("update segment set tenant_id = :other"), {"other": first.tenant})
        for statement in ("update balance set available = 9 where tenant_id = :other",
                          "delete from handle where tenant_id = :other"):  # fmt: skip
            assert session.execute(text(statement), {"other": first.tenant}).rowcount == 0  # type: ignore[attr-defined]


def test_a_foreign_key_does_not_reach_another_tenants_row(pair: tuple[Furnished, Furnished]) -> None:
    """Foreign keys do not ask policies; their first column does."""
    first, second = pair
    statement = text(
        "insert into consent (tenant_id, member_id, id, topic, given, text_version, at)"
        " values (:own, :member, gen_random_uuid(), 'terms', true, '1', now())"
    )
    facts = {"own": second.tenant, "member": first.arguments["member_id"]}
    refused = pytest.raises(IntegrityError, match="consent_tenant_id_member_id_fkey")
    with db.transaction(second.tenant) as session, refused, session.begin_nested():
        session.execute(statement, facts)


def names_its_tenant(said: str) -> bool:
    """Whether a statement says whose rows it means, and not only that it would like to know."""
    for shown in (r"\bselect\b.*?\bfrom\b", r"\breturning\b.*", r"\b(?:order|group)\s+by\b[^()]*"):
        said = re.sub(shown, " ", said, flags=re.IGNORECASE | re.DOTALL)
    return "tenant_id" in said


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("SELECT member.tenant_id, member.id FROM member WHERE member.id = 1", False),
        ("SELECT member.id FROM member WHERE member.tenant_id = 1", True),
        ("SELECT id FROM member ORDER BY tenant_id", False),
        ("SELECT a.id FROM member a JOIN balance b ON b.tenant_id = a.tenant_id", True),
        ("INSERT INTO segment (tenant_id, bit) VALUES (1, 2)", True),
        ("UPDATE balance SET debt = 0 WHERE member_id = 1 RETURNING tenant_id", False),
    ],
)
def test_a_column_that_is_only_shown_names_no_tenant(said: str, names: bool) -> None:
    assert names_its_tenant(said) is names


def test_every_statement_on_a_tenant_table_names_its_tenant(
    heard: list[str], pair: tuple[Furnished, Furnished]
) -> None:
    first, _ = pair
    with listening(heard):
        for read in READS:
            ask(read, first.tenant, first.arguments, first.arguments)
    walled, seen, silent = set(tables.tenant_tables()), set(), []
    for said in heard:
        touched = walled & set(WORDS.findall(said))
        seen.update(touched)
        if touched and not names_its_tenant(said):
            silent.append(said)
    assert silent == []
    assert {"purchase", "transfer", "lot", "balance", "counter_sheet", "redemption", "outbox"} <= seen
    assert {"attempt", "branding", "one_time_code", "sign_in", "staff"} <= seen


def test_the_audit_trail_holds_nobodys_data_and_no_secret(pair: tuple[Furnished, Furnished]) -> None:
    """Of all that was done to furnish a tenant, nothing told of it names a person, a way to reach her, or a key."""
    first, _ = pair
    with db.transaction(first.tenant) as session:
        person = person_of(session, first.arguments["member_id"])
        trail = list(session.execute(text("select verb, before, after, reason, subject from audit_entry")))
    verbs = {verb for verb, *_ in trail}
    assert {"benefit.use", "correction.sign", "deposit.pay_in", "draw.draw", "file.receive", "levels.change",
            "payout.register", "promotion.publish", "segment.save"} <= verbs  # fmt: skip
    private = [person.name, person.phone, person.email, PASSWORD, first.arguments["client_secret"]]
    private += [first.arguments["grant_code"], first.arguments["one_time_code"], f"{first.marks[0]}-token"]
    told = shown([list(map(str, row)) for row in trail])
    assert [one for one in private if one and str(one) in told] == []


def only_of(first: Furnished) -> dict[str, object]:
    """Rows that the first tenant has and the second has not, by the names that addresses have for them."""
    mark, own = first.marks[0], first.arguments
    document = {"title": mark}
    with clock.stopped(NOW), db.transaction(first.tenant) as session:
        draft = begin_draft(
            session, SYSTEM, programme_id=own["programme_id"], code=f"{mark}-own", document=document
        )
        benefit = add_benefit(
            session, SYSTEM, programme_id=own["programme_id"], code=f"{mark}-own", kind="coupon",
            name={"ru": mark, "en": mark}, terms={},
        )  # fmt: skip
        payer = session.scalars(
            text("select max(id) from participant where tenant_id = :t"), {"t": first.tenant}
        )
        deposit = top_up(
            session, SYSTEM, programme_id=own["programme_id"], participant_id=payer.one(), unit="points", paid=1,
            request_id="own",
        )  # fmt: skip
        entry = session.execute(
            text("select max(number) from audit_entry where tenant_id = :t"), {"t": first.tenant}
        )
        known = ("member_id", "sale_id", "line_id", "export_id", "filter_id")
        return {name: own[name] for name in known} | {
            "draft_id": draft.id, "benefit_id": benefit.id, "deposit_id": deposit.id,
            "entry_number": entry.scalar_one(), "staff_id": own["staff_ids"][0], "key": own["hand_key"],
            "code": f"{mark}-0", "desk_draws.code": f"{mark}-draw", "desk_segments.code": f"{mark}-all",
        }  # fmt: skip


def test_every_page_of_the_desk_finds_nothing_by_another_tenants_names(
    pair: tuple[Furnished, Furnished],
) -> None:
    first, second = pair
    known, app, host = only_of(first), assembled(guarded=False), f"{second.marks[0]}.localhost"
    with clock.stopped(NOW):
        with db.transaction(second.tenant) as session:
            told = {"name": "All", "password": PASSWORD, "roles": list(built_in())}
            own = invite_staff(session, SYSTEM, login="all", **told).id
            owner = second.arguments["owner_id"]
            names, rights = {"ru": "x", "en": "x"}, [Permission.PORTAL_CARD_OPERATE]
            session.add(Role(tenant_id=second.tenant, code="by-hand", names=names, permissions=rights))
            session.flush()
            theirs = told | {"roles": [*built_in(), "by-hand"]}
            partners = invite_staff(session, SYSTEM, login="theirs", participant_id=owner, **theirs).id
        browser = signed_in_at_desk(app, second.tenant, own, host)
        of_partner = signed_in_at_desk(app, second.tenant, partners, host)
        before = []
        for tenant in (first.tenant, second.tenant):
            with db.transaction(tenant) as session:
                before.append(held(session))
        found, leaking = {}, []
        for page in pages(app):
            if "<" not in page.rule or page.endpoint in NOBODYS:
                continue
            who = of_partner if page.endpoint.startswith("portal_") else browser
            answer = asked(who, app, page, known, host)
            if answer.status_code != (403 if set(page.asks) & set(OF_OPERATORS) else 404):
                found[page.method, page.rule] = answer.status_code
            leaking += leaks(answer.get_data(as_text=True).replace(answer.request.path, ""), first)
        assert (found, leaking) == ({}, [])
        for tenant, was in zip((first.tenant, second.tenant), before, strict=True):
            with db.transaction(tenant) as session:
                assert held(session) == was


NOBODYS = {
    "desk_profile.end_one",  # of one's own alone: another's is told to have ended already, and nothing changes
    "desk_templates.fill",  # templates are the product's
    "portal_templates.fill",
}
