"""How commands say numbers and moments: with their unit, in its right form, on the programme's own clock."""

from datetime import datetime

from tenants.runtime import clock


def counted(count: int, one: str, many: str | None = None) -> str:
    """So many things: "1 fact", "2 facts", "1,000 purchases"."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def local(at: datetime, zone: str) -> str:
    """A day and a time as the zone's clock shows them, with its name: "2026-12-01 00:00 Asia/Kamchatka"."""
    return f"{wall(at, zone)} {zone}"


def wall(at: datetime, zone: str) -> str:
    """The same without the zone's name, where that stands beside."""
    return f"{at.astimezone(clock.zone(zone)):%Y-%m-%d %H:%M}"


def iso(at: datetime, zone: str) -> str:
    """The moment for a program, with the offset that the zone has then."""
    return at.astimezone(clock.zone(zone)).isoformat(timespec="seconds")
