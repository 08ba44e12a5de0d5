"""Joining the programme (seed 001, golden H2: 250 points at registration, once per person)."""

from typing import Annotated, Literal

from coalition.programmes.asks import named
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class Enrolment(OccasionTrigger):
    """Pays when the member joins. A person joins once: phone and cards are nobody else's."""

    kind: Annotated[Literal["enrolment"], named(enrolment=N_("Somebody joins"))] = "enrolment"
