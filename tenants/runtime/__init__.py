"""What any process needs before business starts: settings, clock, ids, errors, the transaction, jobs, files.

Imports nothing of ours. Business rules do not live here; neither do tenants' own data (see `tenants`).
"""
