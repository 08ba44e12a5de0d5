"""Webhooks: what partners' programs are told of without asking, by the Standard Webhooks specification.

A message is a row of the transaction that did what it tells of (`telling`); a job brings it to its endpoint
afterwards (`delivering`). Where it may go is decided in `addresses`, how it is sent in `calling`, when it is tried
again in `schedule`; `signing` is the specification's arithmetic. What happens is told by those who do it: the API's
doors in `partner_portal.api`, and `coalition.members` for who joins.
"""
