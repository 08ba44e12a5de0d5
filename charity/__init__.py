"""Charity: funds and their campaigns, the redemption kind that gives points to them, receipts, cabinet pages.

An extension: it adds a kind to `coalition.redemption` and pages to `coalition.cabinet`; nothing imports it but wsgi
and the staff's faces.
"""
