"""The ledger: transfers of points, the lots they came in, and the balances they leave.

A transfer is one row from one account to another, so an unbalanced entry cannot be written; it is never changed, only
reversed. A lot is points of one origin, one funder, one activation and one expiry day; every use of a lot is a row.
Only members have balance rows; the programme's side is the sum of its transfers. Why points were given is not decided
here but in `coalition.promotions`; what they were spent on is in `coalition.redemption`.
"""
