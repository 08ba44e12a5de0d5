"""Measurements, as ratios within one run on one machine: ours against what the database itself takes.

Not a part of the product: nothing imports this but the command `coalition bench`.
"""
