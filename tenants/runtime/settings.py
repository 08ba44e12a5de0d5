"""What a deployment may set, read once from the environment: the only reader of it in the house.

Without DATABASE_URL or REDIS_URL the product brings its own server in that place (`tenants.runtime.embedded`), and
the missing address is filled in once that server has one.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tenants.runtime.errors import Refusal

APP_ROLE = "coalition_app"
"""Whom every connection of the application becomes: it owns nothing and stands behind the tenants' walls."""
DRIVER = "postgresql+psycopg"
DATABASE_EXAMPLE = "postgresql://user:password@host:5432/base"
KEY_BYTES = 32
CERTIFICATE_HEADER = "Client-Cert"
"""As RFC 9440 has it."""


@dataclass(frozen=True)
class Settings:
    """All settings of one process. The two addresses are empty where an embedded server is to be used."""

    database_url: str
    """Where the application works: SQLAlchemy's form, driver included."""
    database_owner_url: str
    """Who migrates; the same as `database_url` unless said otherwise."""
    redis_url: str
    port: int
    host: str
    data_dir: Path
    """Everything that is kept outside the database: embedded servers, stored files, keys."""
    drop_folder: Path
    """Files put into `<drop_folder>/<tenant>/<profile>/` are received."""
    demo: bool
    """One-time codes are shown on the screen, and `run` loads the demo into an empty database."""
    workers: int
    web_threads: int
    trusted_proxies: int
    """How many reverse proxies stand before the web server: so many of the addresses they pass on are believed."""
    api_requests_per_minute: int
    """So many requests a minute each process answers to one client of the API."""
    certificate_proxies: tuple[IPv4Network | IPv6Network, ...]
    """Whose word is taken for the certificate that a client of the API has shown."""
    certificate_header: str
    """Under which name they tell it."""
    sms_url: str
    """Where texts to phones are posted to; without it none goes out."""
    sms_token: str
    """The gateway's bearer token."""
    smtp_url: str
    """The server by which mail to people of the house goes out; without it none does."""
    mail_from: str
    """Whom such mail is from."""
    provider_networks: tuple[IPv4Network | IPv6Network, ...]
    """Where a tenant's own provider of sign-ins may stand, beside the public network."""
    given_master_key: str
    given_secret_key: str

    @property
    def master_key(self) -> bytes:
        """32 bytes that seal the tenants' own keys: MASTER_KEY, else kept in the data directory."""
        return _decoded("MASTER_KEY", self.given_master_key or _kept(self.data_dir / "master.key"))

    @property
    def secret_key(self) -> str:
        """What signs cookies and forms: SECRET_KEY, else kept in the data directory."""
        return self.given_secret_key or _kept(self.data_dir / "secret.key")

    @property
    def files_dir(self) -> Path:
        """The root of the file store (`tenants.runtime.files`)."""
        return self.data_dir / "files"

    def at(self, *, database_url: str, database_owner_url: str, redis_url: str) -> "Settings":
        """These settings, with the addresses of servers that were started since."""
        return replace(
            self,
            database_url=normalised("DATABASE_URL", database_url),
            database_owner_url=normalised("DATABASE_OWNER_URL", database_owner_url),
            redis_url=redis_url,
        )

    def environment(self) -> dict[str, str]:
        """The environment of a child process that is to see the same settings."""
        return dict(
            os.environ,
            DATABASE_URL=self.database_url,
            DATABASE_OWNER_URL=self.database_owner_url,
            REDIS_URL=self.redis_url,
            PORT=str(self.port),
            HOST=self.host,
            DATA_DIR=str(self.data_dir),
            DROP_FOLDER=str(self.drop_folder),
            DEMO="1" if self.demo else "0",
            WORKERS=str(self.workers),
            WEB_THREADS=str(self.web_threads),
            TRUSTED_PROXIES=str(self.trusted_proxies),
            API_REQUESTS_PER_MINUTE=str(self.api_requests_per_minute),
            CLIENT_CERT_PROXIES=",".join(str(one) for one in self.certificate_proxies),
            CLIENT_CERT_HEADER=self.certificate_header,
            SMS_URL=self.sms_url,
            SMS_TOKEN=self.sms_token,
            SMTP_URL=self.smtp_url,
            MAIL_FROM=self.mail_from,
            OIDC_NETWORKS=",".join(str(one) for one in self.provider_networks),
        )


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment; raises Refusal("setting_invalid") naming the one that is not understood."""
    # Beside the program, wherever the command is given from: cron finds the same house.
    beside = Path(__file__).resolve().parents[2] / "var" / "data"
    data_dir = Path(environment.get("DATA_DIR") or beside).absolute()
    database_url = normalised("DATABASE_URL", environment.get("DATABASE_URL", ""))
    owner_url = normalised("DATABASE_OWNER_URL", environment.get("DATABASE_OWNER_URL", ""))
    return Settings(
        database_url=database_url,
        database_owner_url=owner_url or database_url,
        redis_url=_redis(environment.get("REDIS_URL", "")),
        port=_whole("PORT", environment.get("PORT"), 8000, 65535),
        host=environment.get("HOST") or "127.0.0.1",
        data_dir=data_dir,
        drop_folder=Path(environment.get("DROP_FOLDER") or data_dir / "drop").absolute(),
        demo=_yes("DEMO", environment.get("DEMO"), default=not database_url),
        workers=_whole("WORKERS", environment.get("WORKERS"), 2, 64),
        web_threads=_whole("WEB_THREADS", environment.get("WEB_THREADS"), 8, 256),
        trusted_proxies=_whole("TRUSTED_PROXIES", environment.get("TRUSTED_PROXIES"), 0, 8, least=0),
        api_requests_per_minute=_whole(
            "API_REQUESTS_PER_MINUTE", environment.get("API_REQUESTS_PER_MINUTE"), 60_000, 10_000_000
        ),
        certificate_proxies=_networks("CLIENT_CERT_PROXIES", environment.get("CLIENT_CERT_PROXIES", "")),
        certificate_header=_header("CLIENT_CERT_HEADER", environment.get("CLIENT_CERT_HEADER")),
        sms_url=_http("SMS_URL", environment.get("SMS_URL", "")),
        sms_token=environment.get("SMS_TOKEN", ""),
        smtp_url=_smtp("SMTP_URL", environment.get("SMTP_URL", "")),
        mail_from=_sender("MAIL_FROM", environment.get("MAIL_FROM", ""), environment.get("SMTP_URL", "")),
        provider_networks=_networks("OIDC_NETWORKS", environment.get("OIDC_NETWORKS", "")),
        given_master_key=environment.get("MASTER_KEY", ""),
        given_secret_key=environment.get("SECRET_KEY", ""),
    )


@lru_cache(maxsize=1)
def _holder() -> list[Settings]:
    return [read(os.environ)]


def current() -> Settings:
    """This process's settings, read at the first call."""
    return _holder()[0]


def use(settings: Settings) -> None:
    """From now on `current()` answers these: for `run`, which learns addresses late, and for tests."""
    _holder()[0] = settings


def normalised(name: str, url: str) -> str:
    """A PostgreSQL address in SQLAlchemy's form with our driver; empty stays empty."""
    if not url:
        return ""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise Refusal("setting_invalid", name=name, example=DATABASE_EXAMPLE) from None
    if parsed.get_backend_name() not in ("postgresql", "postgres") or not parsed.database:
        raise Refusal("setting_invalid", name=name, example=DATABASE_EXAMPLE)
    return parsed.set(drivername=DRIVER).render_as_string(hide_password=False)


def libpq(url: str) -> str:
    """The same address as psycopg and PostgreSQL's own tools read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def described(url: str) -> str:
    """An address for people and logs: without its password."""
    parsed: URL = make_url(url)
    return f"{parsed.host or 'local socket'}:{parsed.port or 5432}/{parsed.database}"


def make_data_dir(path: Path) -> None:
    """Make the data directory when it is missing: anyone may pass through, nobody else may look around."""
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o711)


def _redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise Refusal("setting_invalid", name="REDIS_URL", example="redis://:password@host:6379/0")
    return url


def _networks(name: str, text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        raise Refusal("setting_invalid", name=name, example="10.0.0.5,10.1.0.0/16") from None


def _header(name: str, text: str | None) -> str:
    """A header's name of letters, digits and hyphens, beginning with a letter: servers read a _ as a -."""
    if text and not re.fullmatch("[A-Za-z][A-Za-z0-9-]*", text):
        raise Refusal("setting_invalid", name=name, example=CERTIFICATE_HEADER)
    return text or CERTIFICATE_HEADER


def _http(name: str, url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise Refusal("setting_invalid", name=name, example="https://sms.example/send")
    return url


def _smtp(name: str, url: str) -> str:
    if url and not re.fullmatch(r"smtps?://([^\s@/]+@)?[^\s@/:]+(:\d{1,5})?/?", url):
        raise Refusal("setting_invalid", name=name, example="smtp://user:password@mail.example:587")
    return url


def _sender(name: str, address: str, server: str) -> str:
    """Whom mail is from: an address, which there must be once there is a server."""
    if (address or server) and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise Refusal("setting_invalid", name=name, example="points@bank.example")
    return address


def _whole(name: str, text: str | None, default: int, most: int, *, least: int = 1) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Refusal("setting_invalid", name=name, example=str(default))
    return int(text)


def _yes(name: str, text: str | None, *, default: bool) -> bool:
    if not text:
        return default
    if text not in ("0", "1"):
        raise Refusal("setting_invalid", name=name, example="1")
    return text == "1"


def _decoded(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise Refusal("setting_invalid", name=name, example="32 random bytes in base64")
    return key


def _kept(path: Path) -> str:
    """A random key in a file that only its owner reads; made at the first need, by whoever comes first."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        make_data_dir(path.parent)
    draft = path.with_suffix(f".{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, never replaces the key that another process has just made and used.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
