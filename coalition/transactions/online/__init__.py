"""The short way of a till's plain sale: one statement reads, the one engine values, one statement books and answers.

A sale that anything makes special (points that pay, a debt, a return that waits for it) takes the way of
`transactions.tills`, which does all; whatever is refused is refused there.
"""
