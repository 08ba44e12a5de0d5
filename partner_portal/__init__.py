"""Partner portal: the doors of partners and of the bank's own systems.

A door authenticates, parses, calls one action of the core and presents. No table and no rule lives here.
"""
