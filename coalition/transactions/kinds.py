"""What an operation is, as the bank tells it: promotions ask for it, refunds are known by it."""

from enum import IntEnum


class OperationKind(IntEnum):
    """The numbers are stored: never renumber."""

    PURCHASE = 1
    SERVICE = 2
    TRANSFER_OWN = 3
    CASH = 4
    FEE = 5
    REFUND = 6
