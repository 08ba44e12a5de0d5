"""What Авача Банк gives beside points for purchases: a coupon, game units, a draw, points for friends."""

from typing import Any

_BANK = [{"participant": "bank", "share": 100}]
_COFFEE = {"ru": "чашка кофе", "en": "a cup of coffee"}
_GREETING = {"ru": "привет", "en": "a greeting"}
_TICKET = {"ru": "билет розыгрыша", "en": "a ticket of the draw"}

# code, kind, name, terms
BENEFITS: tuple[tuple[str, str, dict[str, str], dict[str, Any]], ...] = (
    ("chashka", "coupon", {"ru": "Чашка кофе в «Чайке»", "en": "A cup at Chaika Coffee"}, {"valid_days": 60}),
    ("privety", "units", {"ru": "Приветы", "en": "Greetings"}, {"valid_days": 90}),
    ("bilet", "ticket", {"ru": "Билеты зимнего розыгрыша", "en": "Tickets of the winter draw"}, {}),
)
DRAW: dict[str, Any] = {
    "code": "zima",
    "ticket": "bilet",
    "name": {"ru": "Зимний розыгрыш", "en": "The winter draw"},
    "prizes": [
        {"code": "istochniki", "name": {"ru": "День на горячих источниках", "en": "A day at the hot springs"},
         "count": 3},
        {"code": "iskry", "name": {"ru": "500 искр", "en": "500 sparks"}, "count": 20},
    ],
}  # fmt: skip
DRAW_DAYS = 30
PAYING: dict[str, Any] = {"percent": "30", "goods": [{"goods": {"categories": ["tobacco"]}, "percent": "0"}]}


def promotions() -> list[tuple[str, dict[str, Any]]]:
    """Promotions that grant, and what is given for it."""
    return [*_coupon_and_units(), *_for_friends(), *_draw()]


def _coupon_and_units() -> list[tuple[str, dict[str, Any]]]:
    """A coffee for every sixth, and greetings, with what they are exchanged for."""
    return [
        (
            "sixth-coffee",
            {
                "title": {"ru": "Каждый шестой кофе", "en": "Every sixth coffee"},
                "icon": "cup-hot",
                "category": "cafe",
                "gives": {"kind": "benefit", "code": "chashka", "name": _COFFEE},
                "trigger": {"kind": "nth", "n": 6, "every": True},
                "conditions": {"partners": ["chaika-kofe"]},
                "mechanic": {"kind": "fixed", "points": "1"},
                "funding": [{"participant": "chaika-kofe", "share": 100}],
            },
        ),
        (
            "greetings",
            {
                "title": {"ru": "Приветы за продукты", "en": "Greetings for groceries"},
                "icon": "joystick",
                "category": "groceries",
                "gives": {"kind": "benefit", "code": "privety", "name": _GREETING},
                "conditions": {"mcc": ["5411"]},
                "mechanic": {"kind": "per_step", "points": "1", "step": "500"},
                "funding": _BANK,
            },
        ),
        (
            "greetings-to-sparks",
            {
                "title": {"ru": "Приветы в искры", "en": "Greetings into sparks"},
                "icon": "arrow-left-right",
                "category": "",
                "trigger": {"kind": "exchange", "units": "privety", "quantity": 20},
                "mechanic": {"kind": "fixed", "points": "30"},
                "funding": _BANK,
            },
        ),
    ]


def _for_friends() -> list[tuple[str, dict[str, Any]]]:
    """Points for both sides."""
    return [
        (
            "bring-a-friend",
            {
                "title": {"ru": "Приведи друга", "en": "Bring a friend"},
                "icon": "people",
                "category": "",
                "trigger": {"kind": "referral", "amount_from": "500", "settled_days": 14, "within_days": 30},
                "mechanic": {"kind": "both_sides", "friend": "150", "referrer": "200"},
                "funding": _BANK,
            },
        ),
    ]


def _draw() -> list[tuple[str, dict[str, Any]]]:
    """Tickets of the winter draw, and what its small prize is."""
    return [
        (
            "winter-tickets",
            {
                "title": {"ru": "Билеты зимнего розыгрыша", "en": "Tickets of the winter draw"},
                "icon": "snow",
                "category": "",
                "gives": {"kind": "benefit", "code": "bilet", "name": _TICKET},
                "mechanic": {"kind": "per_step", "points": "1", "step": "3000"},
                "funding": _BANK,
            },
        ),
        (
            "winter-sparks",
            {
                "title": {"ru": "Искры за выигрыш", "en": "Sparks for a prize"},
                "icon": "trophy",
                "category": "",
                "trigger": {"kind": "prize", "draw": "zima", "prize": "iskry"},
                "mechanic": {"kind": "fixed", "points": "500"},
                "funding": _BANK,
            },
        ),
    ]
