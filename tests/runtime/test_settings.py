"""Settings: what is understood, what is refused, and the keys that are kept."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenants.runtime import settings
from tenants.runtime.errors import Refusal


def test_an_empty_environment_means_own_servers_and_the_demo() -> None:
    chosen = settings.read({})
    assert (chosen.database_url, chosen.redis_url, chosen.host, chosen.port) == ("", "", "127.0.0.1", 8000)
    assert chosen.demo is True


def test_a_given_database_is_no_demo_unless_asked_for() -> None:
    url = "postgres://me:secret@db/points"
    assert settings.read({"DATABASE_URL": url}).demo is False
    assert settings.read({"DATABASE_URL": url, "DEMO": "1"}).demo is True


def test_the_owner_is_the_login_unless_said_otherwise() -> None:
    chosen = settings.read({"DATABASE_URL": "postgresql://me:secret@db:6432/points"})
    assert chosen.database_owner_url == chosen.database_url == "postgresql+psycopg://me:secret@db:6432/points"
    assert settings.libpq(chosen.database_url) == "postgresql://me:secret@db:6432/points"
    assert settings.described(chosen.database_url) == "db:6432/points"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "not an address"),
        ("DATABASE_URL", "mysql://me@db/points"),
        ("DATABASE_URL", "postgresql://me@db"),
        ("DATABASE_URL", "postgresql://me@db:port/points"),
        ("REDIS_URL", "localhost:6379"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("PORT", "²"),
        ("DEMO", "maybe"),
    ],
)
def test_a_setting_that_is_not_understood_is_named(name: str, value: str) -> None:
    with pytest.raises(Refusal) as refused:
        settings.read({name: value})
    assert (refused.value.code, refused.value.facts["name"]) == ("setting_invalid", name)


def test_the_master_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    chosen = settings.read({"DATA_DIR": str(tmp_path / "data")})
    with ThreadPoolExecutor(1) as other:
        assert chosen.master_key == other.submit(lambda: chosen.master_key).result()
    assert len(chosen.master_key) == 32
    assert stat.S_IMODE((tmp_path / "data" / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["master.key"]


def test_a_given_master_key_is_used_and_a_short_one_refused() -> None:
    given = bytes(range(32))
    assert settings.read({"MASTER_KEY": base64.b64encode(given).decode()}).master_key == given
    with pytest.raises(Refusal, match="MASTER_KEY"):
        _ = settings.read({"MASTER_KEY": "c2hvcnQ="}).master_key


def test_a_child_sees_the_same_settings(tmp_path: Path) -> None:
    chosen = settings.read({"DATA_DIR": str(tmp_path), "PORT": "8123"}).at(
        database_url="postgresql://a:b@c:1/d",
        database_owner_url="postgresql://o:b@c:1/d",
        redis_url="redis://:p@c:2/0",
    )
    assert settings.read(chosen.environment()) == chosen
