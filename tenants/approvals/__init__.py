"""Four eyes: changes that one person asks for and another signs.

Here: what was asked for and what became of it (`models`), asking, signing, refusing and withdrawing (`actions`), what
waits (`queries`), which kinds of change there are and who signs them (`kinds`), files that wait to be signed
(`papers`). What a change does stands with the action that does it: it calls `signed` with exactly what it is about to
write. Promotions, corrections and decisions of claims have their own signatures, in their own rooms.
"""
