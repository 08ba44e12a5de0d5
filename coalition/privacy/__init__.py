"""Requests about personal data: a copy of everything that is held about a member, and its erasure.

Here: the request and its term (`models`, `terms`), what every table holds about a member and what becomes of it
(`plan`), taking requests in and refusing them (`actions`), the copy (`copying`), the erasure (`erasing`). The act of an
erasure is printed by the cabinet's paper; who signs is asked by `tenants.approvals`.
"""
