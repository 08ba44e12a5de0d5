"""The personal data of a member, as one sealed value."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal

PLACE = "member_person.sealed"


@dataclass(frozen=True)
class Person:
    """Who the member is. Phone in E.164, e-mail in lower case; `answers` are those to a programme's own questions."""

    name: str
    phone: str | None = None
    email: str | None = None
    born_on: date | None = None
    sex: Literal["female", "male"] | None = None
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to tell."""
        return bool(self.name and self.phone and self.email and self.born_on)

    def packed(self) -> str:
        """As the vault seals it."""
        return json.dumps(asdict(self) | {"born_on": self.born_on.isoformat() if self.born_on else None})

    @staticmethod
    def unpacked(text: str) -> "Person":
        """From what `packed` made."""
        fields = json.loads(text)
        born = fields.pop("born_on")
        return Person(**fields, born_on=date.fromisoformat(born) if born else None)
