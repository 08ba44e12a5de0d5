"""The core: rooms that hold the nouns of a coalition loyalty programme and the actions that change them.

Every room has `models.py` (tables and constraints), `actions.py` (writes) and `queries.py` (reads). Faces of staff and
of partners are `admin` and `partner_portal`; the member's own face is `coalition.cabinet`.
"""
