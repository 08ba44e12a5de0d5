"""Shops of affiliate networks in a tenant's programme: which there are, which a tenant shows, clicks, and orders.

A network's word is kept as it last was: a shop with its rates, an order with its state and sums. What a member gets for
an order follows from that alone (`worth`), and `settling` posts the difference, so a word that is repeated, late or out
of order changes nothing. Who asks networks, and in which shapes they answer, is `partner_portal.aggregator`'s.
"""
