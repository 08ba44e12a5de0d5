"""A new reward or fund as a file or a form tells it: everything that is wrong with it, each flaw at its field."""

from collections.abc import Mapping, Sequence
from typing import Any

from admin.opening.checking import placed
from admin.opening.document import RewardTerms
from coalition.promotions.checking import Flaw, unfit
from coalition.redemption.kinds.cashback import CashbackTerms
from coalition.redemption.kinds.certificate import CertificateTerms

TERMS = {"cashback": CashbackTerms, "certificate": CertificateTerms}


def reward_flaws(document: Any) -> Sequence[Flaw]:
    """What is wrong with a reward's document, by the form that a tenant's document has of rewards."""
    found = unfit(RewardTerms, document)
    kind, terms = (
        (document.get(name) for name in ("kind", "terms")) if isinstance(document, dict) else ("", None)
    )
    if kind not in TERMS or not isinstance(terms, dict):
        return found
    of_terms = placed("terms", unfit(TERMS[kind], terms))
    return [*found, *(of_terms or limit_flaws(terms, "terms."))]


def limit_flaws(terms: Mapping[str, Any], below: str = "") -> list[Flaw]:
    """That the least is above the most, where there are both."""
    least, most = terms.get("points_min"), terms.get("points_max")
    if least is None or most is None or least <= most:
        return []
    return [Flaw(f"{below}points_max", "limits_crossed", "the most is not below the least", {})]
