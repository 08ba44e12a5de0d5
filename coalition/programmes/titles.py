"""What things are called, in the languages of the house."""

from pydantic import BaseModel, ConfigDict, Field


class Titles(BaseModel):
    """What members read, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ru: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)
