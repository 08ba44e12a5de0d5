"""Kinds of redemption: one file each, one line here; extensions add theirs with `register`.

A kind is a `Kind`: it validates a member's choice, prices it, and fulfils or undoes a redemption inside the action's
transaction. What needs the outside world is asked for as a job.
"""

from coalition.redemption.kinds.base import Kind, kind_of, register
from coalition.redemption.kinds.cashback import Cashback
from coalition.redemption.kinds.certificate import CertificateKind
from coalition.redemption.kinds.cheque import Cheque

register(Cashback())
register(CertificateKind())
register(Cheque())

__all__ = ["Kind", "kind_of", "register"]
