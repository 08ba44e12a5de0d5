"""What a member did with the money: the kinds of operation that promotions tell apart."""

from enum import IntEnum


class OperationKind(IntEnum):
    """The operation of one line or purchase. Only the first three can earn; a refund undoes a purchase."""

    PURCHASE = 1
    SERVICE = 2
    TRANSFER_OWN = 3
    CASH = 4
    FEE = 5
    REFUND = 6


OCCASION = 0
"""What stands for the operation where promotions are asked what they give without one."""
