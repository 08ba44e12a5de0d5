"""Members: people in a programme, what finds them, and what they agreed to.

Personal data stands apart from the member, sealed by the tenant's vault, so that erasing it leaves the ledger whole.
Loyalty cards are in `coalition.cards`; points in `coalition.ledger`.
"""
