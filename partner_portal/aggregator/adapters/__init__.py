"""Kinds of networks: one file each, one line here."""

from coalition.offers.networks import add_kind
from partner_portal.aggregator.adapters.admitad import Admitad
from partner_portal.aggregator.adapters.awin import Awin
from partner_portal.aggregator.adapters.declared import Declared

KINDS = (Admitad(), Awin(), Declared())

for kind in KINDS:
    add_kind(kind)
