"""Terms that a programme keeps as a document: read by their model, or refused at the first field that is wrong."""

from typing import Any

from pydantic import BaseModel, ValidationError

from tenants.runtime.errors import Refusal


def kept_as(model: type[BaseModel], told: dict[str, Any] | None, *, refusal: str) -> dict[str, Any] | None:
    """The document as it is kept, nothing for none; Refusal(`refusal`, field=..., why=...)."""
    if told is None:
        return None
    try:
        return model.model_validate(told).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refusal(
            refusal, field=".".join(map(str, first["loc"])), why=first["msg"].removeprefix("Value error, ")
        ) from None
