"""Reports: reads that cross rooms. A member's history, the explanation of a purchase, lists and registers.

A report is a query and its columns; it changes nothing. How it is drawn is the face's business.
"""
