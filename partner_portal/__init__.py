"""Partner portal: the doors of partners and of the bank's own systems. Files today; the till's API and partners' pages later.

A door authenticates, parses, calls one action of the core and presents. No table and no rule lives here.
"""
