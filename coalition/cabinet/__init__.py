"""The member's cabinet: pages for a phone first, in the tenant's brand, that work without a script.

One resource per file; each view authenticates, parses, calls one action or query of the core and presents. What a
page shows is a value from `views`, made by pure functions from the core's rows. No rule of points lives here.
"""
