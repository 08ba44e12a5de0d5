"""Benefits: what promotions grant beside points: coupons, certificates, privileges, game units, tickets of draws.

A benefit is the tenant's; a grant is so many pieces of it for one member from one cause, with a last day. What is used
of it are rows. Nothing here is points or money: the ledger knows nothing of it. Which promotion grants what is
`coalition.promotions`' text, and when it does is `coalition.transactions`' work.
"""
