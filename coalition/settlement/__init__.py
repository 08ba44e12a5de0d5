"""Settlement: who owes whom for a month of points, and the statements that say so.

One participant of a programme is its operator; every other one settles with it. A month is closed once, by what was
booked in it, and never changes after that: what is booked later belongs to the next one. The transfers behind every sum
are asked for by the same conditions as the sum. What a participant pays in beforehand is `promotions.deposits`.
"""
