"""Version 1 of the API, one resource per file: imported, each declares what it does."""

from importlib import import_module

from partner_portal.api.operations import OPERATIONS as OPERATIONS

for _resource in (
    "batches",
    "benefits",
    "cards",
    "codes",
    "enrolment",
    "events",
    "explanations",
    "history",
    "holds",
    "levels",
    "links",
    "members",
    "offers",
    "purchases",
    "quotes",
    "returns",
    "sandbox",
    "vouchers",
):
    import_module(f"{__name__}.{_resource}")
