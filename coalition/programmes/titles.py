"""What things are called, in the languages of the house."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from coalition.programmes.asks import Asks
from tenants.translations import N_


class Titles(BaseModel):
    """What members read, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ru: Annotated[str, Asks(N_("In Russian"))] = Field(min_length=1, max_length=120)
    en: Annotated[str, Asks(N_("In English"))] = Field(min_length=1, max_length=120)
