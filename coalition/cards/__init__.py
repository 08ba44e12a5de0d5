"""Loyalty cards: numbers that cannot be guessed from one another, issued to members; a retailer's own; enrolment.

A card is issued, active or blocked, and its history is kept. Which numbers of a retailer's own plastic are taken is in
the programme's questionnaire (`coalition.members.questionnaire`).

Payment cards are only handles (`coalition.members`): their numbers never enter the house.
"""
