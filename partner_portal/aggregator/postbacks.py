"""Postbacks: stored as they come, in one trip to the database, and answered; what comes of them a job decides.

Whoever knows the network's word has signed, and so has who signs as the network does, where it has a secret for that;
whoever does neither, or signs wrongly, is answered the same and believed nothing, and of those only some are kept. Only
fields that some kind of network reads are kept, so no address and no browser of a member is.
"""

import json
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from sqlalchemy.exc import OperationalError

import partner_portal.aggregator.adapters  # noqa: F401  the kinds of networks say what is kept
from coalition.offers.networks import fields
from coalition.offers.signing import WORD, Signature, signatures
from tenants.runtime import clock, db, metrics
from tenants.runtime.errors import NotFound
from tenants.runtime.ids import first_id, new_id
from tenants.runtime.trips import Away, Refused, trip
from tenants.runtime.web import host_name, tenant_by_host

BODY_MAX, FIELDS_MAX, VALUE_MAX = 64 << 10, 100, 200
PACKED = ("AwinTransactionPush",)
"""Fields whose value is itself a JSON object."""
KNOWN_SECONDS = 60.0
_STORE = """
with eased as materialized (select set_config('synchronous_commit', 'off', true)),
found as (
  select n.tenant_id, n.id, coalesce($9::boolean, n.key_digest = $4::bytea) as signed
  from eased, affiliate_network n where n.tenant_id = $1::integer and n.code = $6::varchar
),
kept as (
  insert into postback (tenant_id, id, network_id, at, signed, missigned, told)
  select f.tenant_id, $2::uuid, f.id, $3::timestamptz, f.signed, $9::boolean is false, $5::jsonb
  from found f where f.signed or $8::integer > (
    select count(*) from postback p
    where p.tenant_id = f.tenant_id and p.network_id = f.id and p.id > $7::uuid and not p.signed
  )
)
select 1 from found"""
STRANGERS_MOST, STRANGERS_WITHIN = 500, timedelta(hours=1)
"""So many that nobody signed are kept of a network in that time: orders are asked for each hour in any case."""
_SAID = {200: ("200 OK", b"OK\n"), 404: ("404 Not Found", b"There is no such network.\n"),
         405: ("405 Method Not Allowed", b"Send it by GET or POST.\n"),
         413: ("413 Content Too Large", b"That is too much.\n"),
         503: ("503 Service Unavailable", b"Send it again.\n")}  # fmt: skip
_tenants: dict[str, tuple[int, float]] = {}
_signatures: dict[int, tuple[Mapping[str, Signature], float]] = {}


def postbacks(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """The application that is mounted at /postback: /postback/CODE?key=WORD&..."""
    begun = time.perf_counter()
    status = _status(environ)
    line, body = _SAID[status]
    start(
        line,
        [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")],
    )
    metrics.answered("/postback/<code>", environ["REQUEST_METHOD"], status, time.perf_counter() - begun)
    return [body]


def _status(environ: WSGIEnvironment) -> int:
    if environ["REQUEST_METHOD"] not in ("GET", "POST"):
        return 405
    size = environ.get("CONTENT_LENGTH") or "0"
    if not size.isdigit() or int(size) > BODY_MAX:
        return 413
    body = environ["wsgi.input"].read(int(size)) if int(size) else b""
    code = environ.get("PATH_INFO", "").strip("/")
    if not code.isascii() or len(code) > 32 or "\0" in code:
        return 404
    query = environ.get("QUERY_STRING", "")
    try:
        right = _right(environ, code, query)
        # Nothing of the body is covered by a signature, so beside one that is right nothing of it is read.
        said = read(query, "" if right else body.decode("utf-8", "replace"))
        return store(environ.get("HTTP_HOST", ""), code, said, right=right)
    except NotFound:
        return 404
    except (Away, Refused, OperationalError):
        return 503


def _right(environ: WSGIEnvironment, code: str, query: str) -> bool | None:
    """Whether the network's own signature is right; None where it has none, or none was given."""
    signature = _signatures_of(_tenant(environ.get("HTTP_HOST", ""))).get(code)
    if signature is None:
        return None
    header = environ.get(f"HTTP_{signature.header.upper().replace('-', '_')}", "")
    return signature.found(query.encode("latin-1", "replace"), header)


def store(host: str, code: str, said: Mapping[str, str], *, right: bool | None = None) -> int:
    """Keep what was said to a network's address, with a right signature, a wrong one or none; the answer's status."""
    word = sha256(said.get(WORD, "").encode()).digest()
    kept = json.dumps({name: value for name, value in said.items() if name in fields()}, ensure_ascii=False)
    tenant_id, now = _tenant(host), clock.now()
    since = first_id(now - STRANGERS_WITHIN)
    values = [tenant_id, new_id(), now, word, kept, code, since, STRANGERS_MOST, right]
    return 200 if trip(tenant_id, _STORE, values) else 404


def _signatures_of(tenant_id: int) -> Mapping[str, Signature]:
    """How a tenant's networks sign, known for a minute."""
    found, now = _signatures.get(tenant_id), time.monotonic()
    if found is None or found[1] < now:
        with db.transaction(tenant_id) as session:
            found = _signatures[tenant_id] = (signatures(session), now + KNOWN_SECONDS)
    return found[0]


def _tenant(host: str) -> int:
    """The tenant of a host, known for a minute."""
    name, now = host_name(host), time.monotonic()
    found = _tenants.get(name)
    if found is None or found[1] < now:
        found = _tenants[name] = (tenant_by_host(host), now + KNOWN_SECONDS)
        if len(_tenants) > 10_000:
            _tenants.clear()
    return found[0]


def read(query: str, body: str) -> dict[str, str]:
    """The fields of a request, the first of each name; what is packed into one is unpacked."""
    found: dict[str, str] = {}
    for text in (query, body):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
        except ValueError:  # more fields than anybody has to tell
            continue
        for name, value in pairs:
            if name in PACKED:
                found |= {key: one for key, one in _unpacked(value).items() if key not in found}
            elif name not in found:
                found[name] = _kept(value)
    return found


def _unpacked(value: str) -> dict[str, str]:
    try:
        said: Any = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    return {str(name): _kept(str(one)) for name, one in said.items() if isinstance(one, (str, int, float))}


def _kept(value: str) -> str:
    return value[:VALUE_MAX].replace("\0", "").encode("utf-8", "replace").decode()
