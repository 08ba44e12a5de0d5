"""Phones as people write them, and as the house keeps them. Pure."""

import phonenumbers

REGIONS = {"ru": "RU", "en": "GB"}
"""Where a phone written without its country belongs, by the tenant's language."""


def e164(text: str, region: str) -> str | None:
    """A phone in E.164, however it is written; None when it cannot be one. Without a country it is of `region`."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
