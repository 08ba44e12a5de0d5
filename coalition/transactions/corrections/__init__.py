"""Corrections of a promotion's past: what should have held in a span of days, and what follows for every member.

A correction is previewed slice by slice, signed by another person, and posted slice by slice as transfers with the
correction as their cause. From its signature on a correcting version holds in its span (`promotions.timeline`), so
whatever is valued later, late purchases and returns too, goes by it. A member's own part is worked out by `plan` from
the same replay that returns use; who brings something back before her turn is corrected first (`valuing.being_posted`).
"""
