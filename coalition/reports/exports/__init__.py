"""Files made of lists in the background, for who asked for them alone.

A job writes some thousand rows as a part, says in the same transaction how far it is, and asks for the next; the last
one makes the file of the parts. What is kept is sealed with the tenant's key, and nothing is ever in memory whole.
"""
