"""Signing in: members by a one-time code, staff by a password; sign-ins that can be ended; limits on every guess.

Nothing here raises on a wrong guess: the guess has to be counted, and a raised error would roll the count back.
"""
