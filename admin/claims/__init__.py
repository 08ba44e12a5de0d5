"""The claims desk: the queue by time left, one claim with what is known about it, its decision, and figures.

Pages only; claims themselves live in `coalition.claims`, what is gathered about one in `coalition.reports`.
"""
