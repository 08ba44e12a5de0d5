"""The sections of the desk, one file per room: files, payouts, returns, and the home that sums them up.

Each is a view of `admin.desk`: it authenticates, parses, calls one action of the core with the person as its actor,
and presents. Sentences about files and their lines are in `words.py`; `web.py` puts the desk into an application.
"""
