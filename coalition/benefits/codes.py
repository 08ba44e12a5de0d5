"""Codes by which a till knows a coupon, certificate or privilege: 60 bits, derived from the grant and not kept.

Who has the database without the tenant's key has no code, and who has a code finds its grant by a keyed digest.
"""

from uuid import UUID

from coalition.benefits.models import BenefitKind
from tenants.vault import Vault

SHOWN = frozenset({BenefitKind.COUPON, BenefitKind.CERTIFICATE, BenefitKind.PRIVILEGE})
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
LENGTH = 12


def code_of(vault: Vault, grant_id: UUID) -> str:
    """The grant's code, in groups of four."""
    number = vault.digest("grant.code", str(grant_id)).int
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in range(LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, LENGTH, 4))


def digest_of(vault: Vault, code: str) -> UUID:
    """What finds the grant; however the code was typed."""
    return vault.digest("grant.find", code.upper().translate(_ALIKE))
