"""Opening a tenant: one document that says all of a working branded programme, and what makes it.

`document` says what stands in it, `checking` what is wrong with one, `opening` makes the tenant in one transaction,
`templates` are documents for kinds of business (seeds 000 and 001) that lack only whose it is. The command, the
operator's wizard and tests open tenants by this way alone.
"""
