"""An order at a network's shop that a till or the bank's file tells, too, as a sale: one of the two pays.

Here it is found out which are the same (`alike`, `finding`), by the programme's terms (`terms`), and who pays
(`settling`). Orders themselves are `coalition.offers`'; what a network tells comes in through `taking`, so that the
sale's points follow the order's next word in the same transaction. What is not certain waits for a person (`actions`).
"""
