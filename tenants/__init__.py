"""The ground: whose data is it, and who is acting.

Tenants, their hosts, brands and keys, staff, sign-in, permissions and the row-level-security wall live here; what any
process needs before that is in `tenants.runtime`. No business noun lives here: those are rooms of `coalition`.
"""
