"""Documents for kinds of business, one file of `businesses/` each; they lack whose it is: slug, hosts, name, people."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin.promotion_source import read_fields
from tenants.runtime.errors import NotFound

_HERE = Path(__file__).parent / "businesses"
TEMPLATES = ("bank", "retailer", "coffee-shop", "horeca", "entertainment")
ZONE = "Europe/Moscow"


@dataclass(frozen=True)
class Business:
    """A template: what it is called, what it brings, and the part of the document that it fills in."""

    code: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    document: Mapping[str, Any]


def business(code: str) -> Business:
    """The template of that code; NotFound("tenant_template_unknown")."""
    if code not in TEMPLATES:
        raise NotFound("tenant_template_unknown", template=code, known=", ".join(TEMPLATES))
    found = read_fields(_HERE / f"{code}.yaml")
    return Business(code, found["title"], found["about"], found["document"])


def businesses() -> Sequence[Business]:
    """Every template, in the order in which they are shown."""
    return [business(code) for code in TEMPLATES]


def filled(
    code: str,
    *,
    slug: str,
    hosts: Sequence[str],
    name: Mapping[str, str],
    language: str = "ru",
    zone: str = ZONE,
    administrator: Mapping[str, str],
) -> dict[str, Any]:
    """The whole document: the template with whose it is."""
    document: dict[str, Any] = deepcopy(dict(business(code).document))
    document |= {"slug": slug, "hosts": list(hosts), "administrator": dict(administrator)}
    document["brand"] = document["brand"] | {"name": dict(name), "language": language}
    document["programme"] = document["programme"] | {"zone": zone}
    for profile in document.get("profiles", ()):
        profile["dates"]["zone"] = zone
    return document
