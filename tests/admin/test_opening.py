"""Tenants are opened by one document: whole or not at all, and what was opened works."""

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from click.testing import CliRunner
from sqlalchemy import func, select

from admin import promotion_words
from admin.cli.main import cli
from admin.cli.tenants import schema_text
from admin.opening.checking import flaws
from admin.opening.opening import Flawed, Opened, open_by
from admin.opening.templates import TEMPLATES, filled
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import Flaw
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.branding.web import branding_of
from tenants.models import AuditEntry, Host, Tenant
from tenants.own_password import person_of_link
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict
from tenants.runtime.settings import Settings
from tests.ledger.house import balance

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 21, 18, tzinfo=UTC)
"""A Saturday evening in Moscow: no happy hour, no morning."""


def document(template: str = "coffee-shop", **changed: Any) -> dict[str, Any]:
    return (
        filled(
            template,
            slug="zerno",
            hosts=["zerno.localhost"],
            name={"ru": "Зерно", "en": "Zerno"},
            administrator={"login": "anna", "name": "Анна"},
        )
        | changed
    )


def test_everything_is_told_at_once_each_by_its_own_sentence() -> None:
    made = document(slug="Зерно!", hosts=["https://a.b"])
    made["brand"] = made["brand"] | {"brand": "red"}
    made["programme"] = made["programme"] | {"currency": "rub", "zone": "Mars/Olympus"}
    made["administrator"] = {"login": "", "name": "Анна"}
    assert {one.field: promotion_words.flaw(one, "en") for one in flaws(made)} == {
        "slug": "A short name has 2 to 32 small Latin letters, digits and hyphens, a letter first",
        "hosts.0": "Write a host name like club.example.com, without https:// and without a port",
        "brand.brand": "A colour is written with # and six digits or letters from a to f",
        "programme.currency": promotion_words.flaw(
            Flaw("", "currency_unknown", "there is no such currency", {}), "en"
        ),
        "programme.zone": "There is no such time zone: write it like Europe/Moscow",
        "administrator.login": (
            "A login has 2 to 64 small Latin letters, digits and . @ _ -, and begins with a letter or digit"
        ),
    }


def opened(made: dict[str, Any]) -> Opened:
    with db.transaction(None) as session:
        return open_by(session, made)


def told(made: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a document, by place."""
    return {one.field: promotion_words.flaw(one, "en") for one in flaws(made)}


def coalition(*arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(cli, ("tenants", *arguments))
    return ended.exit_code, ended.output


@pytest.mark.parametrize(
    ("template", "amount", "points"),
    [
        ("bank", 1_234_500, 123),  # golden B1: whole hundreds
        ("retailer", 199_900, 99),  # golden R1: 5 %
        ("retailer", 1_000_000, 1_000),  # golden R5: 10 % from 10,000 on
        ("coffee-shop", 40_000, 20),
        ("horeca", 100_000, 50),  # golden T2: Base, 5 %
        ("entertainment", 150_000, 75),
    ],
)
def test_a_member_of_what_was_opened_earns_by_its_template(
    house: None, template: str, amount: int, points: int
) -> None:
    with clock.stopped(NOON):
        made = opened(document(template))
        with db.transaction(made.tenant_id) as session:
            programme = the_programme(session)
            member = enrol(
                session,
                SYSTEM,
                programme_id=programme.id,
                person=Person("Ольга", phone="+79140000147"),
                joined_on=date(2026, 1, 1),
            )
            sale = Told("1", member.id, clock.now(), amount, "Shop")
            record(session, SYSTEM, programme_id=programme.id, source="till", told=[sale])
            assert balance(session, member.id) == (points, 0, 0, 0)


def test_it_has_its_brand_its_addresses_its_first_person_and_its_trail(house: None) -> None:
    made = opened(document(hosts=["zerno.localhost", "club.zerno.example"]))
    with db.transaction(made.tenant_id) as session:
        brand = branding_of(session)
        assert (brand.name, brand.language, brand.brand) == ({"ru": "Зерно", "en": "Zerno"}, "ru", "#6b3e26")
        person = person_of_link(session, made.link)
        assert person is not None
        assert (person.login, person.name) == ("anna", "Анна")
        first = session.scalars(select(AuditEntry).where(AuditEntry.number == 1)).one()
        assert (first.verb, first.after) == (
            "tenant.open",
            {"slug": "zerno", "hosts": ["zerno.localhost", "club.zerno.example"]},
        )
        hosts = session.scalars(select(Host.name).where(Host.tenant_id == made.tenant_id).order_by(Host.name))
        assert hosts.all() == ["club.zerno.example", "zerno.localhost"]


def test_every_flaw_is_told_at_its_place_in_words() -> None:
    bad = document(slug="Zerno", hosts=["https://zerno"], wings=2)
    bad["programme"] |= {"currency": "rub"}
    assert set(told(bad)) == {"slug", "hosts.0", "wings", "programme.currency"}
    bad = document()
    bad["programme"] |= {
        "zone": "Mars/Olympus",
        "currency": "ZZZ",
        "expiry": {"kind": "never", "count": 3},
    }
    bad["brand"] |= {"logo": "<svg/>"}
    bad["partners"] = [{"code": "a", "category": "cafe", "participant": "nobody"}]
    bad["promotions"] = [
        {"code": "a", "template": "no-such"},
        {"code": "a", "template": "retail-percent", "fields": {"rate": "many", "wings": "2"}},
        {"code": "b"},
    ]
    bad["rewards"] = [
        {
            "code": "r",
            "kind": "cashback",
            "name": {"ru": "Р", "en": "R"},
            "about": {"ru": "Р", "en": "R"},
            "terms": {"points_min": 1, "points_max": 2},
        }
    ]
    assert told(bad) == {
        "brand.logo": "A mark is an SVG of plain shapes: without text, pictures, styles and scripts",
        "brand.logo_dark": "A mark of your own is given twice: for light and for dark grounds",
        "programme.zone": "There is no such time zone: write it like Europe/Moscow",
        "programme.currency": "There is no such currency: write its three letters, like RUB",
        "programme.expiry.count": "“never” has no number; days and months need one",
        "partners.0.participant": "Nothing here has the code “nobody”. Choose one that there is",
        "promotions.1.code": "“a” stands twice",
        "promotions.0.template": "Nothing here has the code “no-such”. Choose one that there is",
        "promotions.1.fields.wings": "There is no such field",
        "promotions.1.fields.rate": "A number is expected",
        "promotions.2": "A promotion has a template or a document, and not both",
        "rewards.0.terms.days": "Fill this field in",
    }


def test_a_refusal_in_the_middle_leaves_nothing(house: None) -> None:
    bad = document()
    bad["promotions"] = [
        *bad["promotions"],
        {"code": "gold", "template": "level-rate", "fields": {"levels": "gold"}},  # it has no levels
    ]
    with pytest.raises(Flawed) as refused:
        opened(bad)
    assert [one.field for one in refused.value.flaws] == ["promotions.6.fields.levels"]
    with db.transaction(None) as session:
        assert session.scalars(select(Tenant.slug).where(Tenant.slug == "zerno")).all() == []
        assert session.scalars(select(Host.name).where(Host.name == "zerno.localhost")).all() == []


def test_the_same_again_or_another_under_its_address_is_refused_and_changes_nothing(house: None) -> None:
    made = opened(document())
    with pytest.raises(Conflict) as again:
        opened(document())
    assert (again.value.code, again.value.facts) == ("tenant_exists", {"slug": "zerno"})
    with pytest.raises(Conflict) as taken:
        opened(document(slug="other"))
    assert (taken.value.code, taken.value.facts) == ("host_taken", {"host": "zerno.localhost"})
    with db.transaction(made.tenant_id) as session:
        assert person_of_link(session, made.link) is not None
        assert session.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug == "zerno")) == 1


def test_two_at_once_open_one(live_database: Settings) -> None:
    results: list[str] = []
    ready = threading.Barrier(2)

    def run() -> None:
        ready.wait()
        try:
            results.append(opened(document()).slug)
        except Conflict as no:
            results.append(no.code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == ["tenant_exists", "zerno"]


_KILLED = """
import json, os, signal, sys
from admin.opening import opening
from tenants import process
from tenants.runtime import db, settings
process.begin(settings.current())
opening.invite_staff = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
with db.transaction(None) as session:
    opening.open_by(session, json.loads(sys.argv[1]))
"""


def test_who_is_killed_in_the_middle_leaves_nothing(live_database: Settings) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, json.dumps(document())],
        env=live_database.environment(),
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    with db.transaction(None) as session:
        assert session.scalars(select(Tenant.slug)).all() == []
    assert opened(document()).slug == "zerno"


def test_the_kept_schema_is_current_and_knows_no_other_fields() -> None:
    assert (ROOT / "docs/tenant.schema.json").read_text("utf-8") == schema_text()
    assert json.loads(schema_text())["additionalProperties"] is False


def test_the_commands_open_list_and_show(live_database: Settings, tmp_path: Path) -> None:
    redis.Redis.from_url(live_database.redis_url).flushall()
    asked = (
        "open",
        "--template",
        "coffee-shop",
        "--slug",
        "zerno",
        "--name",
        "Зерно",
        "--host",
        "zerno.localhost",
    )
    code, printed = coalition(*asked, "--print")
    assert code == 0
    path = tmp_path / "zerno.yaml"
    path.write_text(yaml.safe_dump(json.loads(printed), allow_unicode=True))
    assert coalition("open", str(path), "--dry-run") == (
        0,
        "Nothing is wrong: zerno could be opened. Nothing was.\n",
    )
    assert coalition("list") == (0, "none yet: `coalition tenants open` opens the first\n")
    code, said = coalition("open", str(path))
    assert code == 0
    assert said.startswith("zerno is open.\nMembers:   http://zerno.localhost:")
    assert coalition(*asked)[1].startswith("Error: There is a tenant `zerno` already. Nothing was opened")
    assert coalition("list") == (0, "zerno                    Зерно: zerno.localhost\n")
    assert json.loads(coalition("show", "zerno", "--json")[1]) == {
        "slug": "zerno",
        "name": "Зерно",
        "hosts": ["zerno.localhost"],
        "programmes": ["beans"],
        "promotions": 6,
        "members": 0,
    }
    path.write_text("slug: Zerno\nhosts: []\n")
    code, said = coalition("open", str(path))
    assert code == 1
    assert f"{path}: brand: Fill this field in.\n" in said
    assert coalition("open", "--template", "bank") == (
        2,
        (
            "Usage: cli tenants open [OPTIONS] [PATH]\nTry 'cli tenants open --help' for help.\n\n"
            "Error: --template needs --slug, --name, --host too\n"
        ),
    )


def test_every_template_can_be_opened() -> None:
    assert {template: told(document(template)) for template in TEMPLATES} == {key: {} for key in TEMPLATES}
