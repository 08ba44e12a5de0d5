"""How each kind of redemption looks to a member: one file each, one line here; extensions add theirs.

A face draws its shelf, reads the member's choice, asks before points move, and tells what became of it.
"""

from coalition.cabinet.kinds.base import Face, Told, add_face, face_of, faces
from coalition.cabinet.kinds.cashback import CashbackFace
from coalition.cabinet.kinds.certificate import CertificateFace
from coalition.cabinet.kinds.cheque import ChequeFace

add_face(CashbackFace())
add_face(CertificateFace())
add_face(ChequeFace())

__all__ = ["Face", "Told", "add_face", "face_of", "faces"]
