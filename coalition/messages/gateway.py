"""The deployment's gateway for texts: one POST of JSON, which a provider or a small adapter takes."""

from uuid import UUID

import httpx

from tenants.runtime import settings
from tenants.runtime.errors import Outage

SECONDS_MAX = 10.0
LATER = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Statuses of a 4xx that say nothing of the text: the gateway is busy, or our token, bill or address is amiss."""


def post(message_id: UUID, phone: str, text: str) -> int:
    """Hand a text over and return the gateway's status; Outage("gateway_away") when it is worth asking again.

    It may get the same text twice, under the same id, when its answer is lost.
    """
    chosen = settings.current()
    if not chosen.sms_url:
        raise Outage("gateway_away", why="SMS_URL is not set")
    headers = {"Idempotency-Key": str(message_id)}
    if chosen.sms_token:
        headers["Authorization"] = f"Bearer {chosen.sms_token}"
    try:
        with httpx.Client(trust_env=False, timeout=SECONDS_MAX) as client:
            sent = {"id": str(message_id), "to": phone, "text": text}
            with client.stream("POST", chosen.sms_url, json=sent, headers=headers) as answer:
                status = answer.status_code  # whatever its body says, and whether or not it can be read
    except httpx.TransportError as error:
        raise Outage("gateway_away", why=type(error).__name__) from None
    if 300 <= status < 400 or status >= 500 or status in LATER:
        raise Outage("gateway_away", status=status)
    return status
