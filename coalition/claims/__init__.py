"""Claims: what a member disputes, who has it in hand, how much time is left, what was decided and why.

`states` is the whole life of a claim as one table. A decision is an ordinary posting, recording or cancellation of the
rooms below, with the claim as its cause: there is no second way to earn. What is known about a claim beside its own
rows is gathered in `coalition.reports.claim_evidence`; pages are in `coalition.cabinet` and `admin.claims`.
"""
