"""Programmes: one points currency with its terms. What a point is called and worth, when it activates and expires.

Tiers and other terms that promotions change belong here too. Who takes part is in `coalition.partners`.
"""
