"""Partners: who funds, issues and accepts points, and how a sale is recognised as theirs.

Participants are the parties to settlement; partners are their shops; terminals and merchants are what files and tills
name. Offers of points are in `coalition.promotions`.
"""
