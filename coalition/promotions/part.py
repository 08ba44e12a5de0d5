"""What every part of a promotion document is made of."""

from pydantic import BaseModel, ConfigDict

from coalition.promotions.periods import Span


class Part(BaseModel):
    """A piece of a promotion document: frozen, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def looks_back(self) -> tuple[Span, ...]:
        """The periods whose counters this part looks at; those kept for ever are always at hand."""
        return ()
