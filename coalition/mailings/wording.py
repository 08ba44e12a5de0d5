"""What the words of a mailing may be, and how they are read. Pure.

A text to a phone has 160 characters of the GSM alphabet (ETSI TS 123 038) or 70 of any other; a longer one goes in
parts of 153 or 67, and each of them is paid for. Advertising is called so and names whose it is (38-FZ).
"""

import re
from collections.abc import Collection

from tenants.runtime.errors import Refusal
from tenants.runtime.language import translate
from tenants.runtime.tables import has_card_number
from tenants.translations import N_

TITLE_MAX, WORDS_MAX, PARTS_MAX = 120, 600, 4
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://\S*|(?:[\w-]+\.)+[^\W\d_]{2,}\S*", re.IGNORECASE)
"""A link, and what a phone takes for one: letters right after a full stop."""
_PLACEHOLDER = re.compile(r"[{}<>\[\]]|%\(|\$\w")


def as_read(lang: str, words: str, advertiser: str, address: str) -> str:
    """All that a member reads: that it is advertising, whose it is, the words, where she refuses more."""
    return translate(
        lang,
        N_("Advertising. %(advertiser)s %(words)s To refuse: %(address)s"),
        advertiser=_ended(advertiser),
        words=_ended(words),
        address=address,
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def parts_of(text: str) -> int:
    """In how many parts a phone gets it."""
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        length, one, more = sum(2 if letter in _GSM_TWICE else 1 for letter in text), 160, 153
    else:
        length, one, more = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // more)


def checked_title(title: str) -> str:
    """The title on one line; Refusal("mailing_title", most=...)."""
    told = " ".join(title.split())
    if not 0 < len(told) <= TITLE_MAX or not told.isprintable() or has_card_number(told):
        raise Refusal("mailing_title", most=TITLE_MAX)
    return told


def checked_words(words: str, hosts: Collection[str]) -> str:
    """The words on one line.

    Raises Refusal("mailing_words", most=...) for none or too many, "mailing_placeholder" for what looks like a place to
    be filled in, "mailing_link" for a link that does not lead to the tenant by https, "card_number".
    """
    told = " ".join(words.split())
    if not 0 < len(told) <= WORDS_MAX or not told.isprintable():
        raise Refusal("mailing_words", most=WORDS_MAX)
    if has_card_number(told):
        raise Refusal("card_number")
    if _PLACEHOLDER.search(told):
        raise Refusal("mailing_placeholder")
    for found in _LINK.findall(told):
        if not any(
            re.fullmatch(rf"https://{re.escape(host)}(?:[/?#][^\s]*)?[.,;:!)]*", found) for host in hosts
        ):
            raise Refusal("mailing_link")
    return told


def require_short(text: str) -> None:
    """Refusal("mailing_long", most=...) where all that is read takes more parts than a mailing may."""
    if parts_of(text) > PARTS_MAX:
        raise Refusal("mailing_long", most=PARTS_MAX)
