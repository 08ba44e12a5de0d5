"""Draws: prizes among the holders of tickets, by a seed whose digest was published before anybody had one.

Drawing is `transactions.drawing`: what is won is an occasion, and what it gives a promotion says (`triggers.prize`).
Tickets are benefits.
"""
