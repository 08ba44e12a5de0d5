"""Purchases, their returns, and the files they come in.

A file is received once by its bytes, read by its tenant's profile, matched to members, and posted in chunks that hold
whole members. The class is Purchase; the ledger's row is a Transfer; the database's transaction is opened in one module
of `tenants.runtime` only.
"""
