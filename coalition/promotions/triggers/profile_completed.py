"""A profile without a gap (seed 001: points for telling about oneself)."""

from typing import Annotated, Literal

from coalition.programmes.asks import named
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class ProfileCompleted(OccasionTrigger):
    """Pays when name, phone, e-mail and birthday of the member are all known for the first time."""

    kind: Annotated[Literal["profile_completed"], named(profile_completed=N_("The profile is complete"))] = (
        "profile_completed"
    )
