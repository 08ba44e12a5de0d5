"""What the demonstration is made of: invented banks, clients, partners, and the files of their cards.

Functions only: the loader brings it in through the same doors as anybody's data.
"""
