"""A draw in words: its prizes, as staff and members read them."""

from coalition.draws.models import Draw
from tenants.branding.words import Words


def prize_names(draw: Draw, lang: str) -> dict[str, str]:
    """What the prizes are called, by their codes."""
    return {prize["code"]: prize["name"][lang] for prize in draw.prizes}


def prizes_said(draw: Draw, w: Words) -> list[str]:
    """Each prize, the first to be drawn first, with how many there are of it when they are several."""
    names = prize_names(draw, w.lang)
    return [
        names[prize["code"]]
        if prize["count"] == 1
        else f"{w.number(prize['count'])} × {names[prize['code']]}"
        for prize in draw.prizes
    ]
