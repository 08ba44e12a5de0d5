"""Operations on cards that a company's own person enters by hand, in the partner's place (seed 001).

What is done goes the way of tills (`transactions.tills`, `transactions.recording`, `cards.actions`), so that it gives
and takes what the same sale at a till would. Here stands only what a till does not need: that two people of the
programme let the company do it (`partners.by_hand`), up to how much, that a form is done once, and a row that says for
ever who entered it and where.
"""
