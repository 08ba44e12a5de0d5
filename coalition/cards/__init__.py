"""Loyalty cards: numbers that cannot be guessed from one another, issued to members.

Payment cards are only handles (`coalition.members`): their numbers never enter the house.
"""
