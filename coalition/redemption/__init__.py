"""Redemption: points turned into cashback, certificates, donations; quote, hold, fulfil, capture, cancel.

A kind of redemption is one file (`kinds/`, and `charity` for donations). Points are moved by `coalition.ledger` only.
"""
