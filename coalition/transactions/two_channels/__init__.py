"""The same sale told by two channels: by a till at once, and days later by the bank's file of card transactions.

Here it is found out which are the same (`alike`, `finding`), by the programme's terms (`terms`), and the one that does
not pay is undone (`settling`); what is not certain waits for a person (`actions`, `queries`). Returns of such a sale
are `transactions.returns`'.
"""
