"""What ends when a participant leaves, by the names that people know it by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console import promotion_told
from coalition.partners.clients import all_clients
from coalition.partners.queries import all_partners
from coalition.promotions.overview import promotion_by_code
from coalition.redemption.queries import reward_of_any_state
from tenants.runtime import clock
from tenants.translations import N_

_ENDS = {
    "promotions": N_("Promotions end: %(names)s"),
    "rewards": N_("Rewards are offered no more: %(names)s"),
    "partners": N_("Partners are shown no more: %(names)s"),
    "clients": N_("Programs of the API are let in no more: %(names)s"),
}


class Named(NamedTuple):
    """Something by its code, and what it is called."""

    code: str
    name: str


def named(session: Session, ends: Mapping[str, Sequence[str]], lang: str) -> dict[str, list[Named]]:
    """The same with what each is called."""
    partners = {one.code: one for one in all_partners(session)} if ends["partners"] else {}
    clients = {one.id: one.name for one in all_clients(session)} if ends["clients"] else {}

    def promotion(code: str) -> str:
        return promotion_told.title_of(promotion_by_code(session, code), clock.now(), lang)

    def reward(code: str) -> str:
        return str(reward_of_any_state(session, code).name.get(lang) or code)

    return {
        "promotions": [Named(code, promotion(code)) for code in ends["promotions"]],
        "rewards": [Named(code, reward(code)) for code in ends["rewards"]],
        "partners": [Named(code, str(partners[code].name.get(lang) or code)) for code in ends["partners"]],
        "clients": [Named(code, clients[code]) for code in ends["clients"]],
    }


def ends_told(session: Session, ends: Mapping[str, Sequence[str]], lang: str) -> Iterator[str]:
    """What ends when a participant leaves, one sentence each."""
    found = named(session, ends, lang)
    for name, text in _ENDS.items():
        if found[name]:
            yield _(text, names=", ".join(one.name for one in found[name]))
