"""A profile without a gap (seed 001: points for telling about oneself)."""

from typing import Literal

from coalition.promotions.triggers.occasion import OccasionTrigger


class ProfileCompleted(OccasionTrigger):
    """Pays when name, phone, e-mail and birthday of the member are all known for the first time."""

    kind: Literal["profile_completed"] = "profile_completed"
