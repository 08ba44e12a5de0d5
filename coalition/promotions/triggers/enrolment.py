"""Joining the programme (seed 001, golden H2: 250 points at registration, once per person)."""

from typing import Literal

from coalition.promotions.triggers.occasion import OccasionTrigger


class Enrolment(OccasionTrigger):
    """Pays when the member joins. A person joins once: phone and cards are nobody else's."""

    kind: Literal["enrolment"] = "enrolment"
