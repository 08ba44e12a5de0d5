"""An affiliate network of our own, on loopback: for the demonstration and for tests, in a process of its own.

It speaks a real network's shapes, and behaves as badly as real ones do: it is late, repeats itself, tells things out of
order, loses postbacks, changes its mind, and goes away. It is seeded and its clock is moved from outside, so that it
does the same again. Nothing of the product imports it.
"""
