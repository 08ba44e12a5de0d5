"""The contact centre: a member found in a second, everything about her on one page, and what may be done for her.

`members` is the search and the page, `acts` what is done there, each by one action of the core. What the page shows is
put into words by `who`, `rows` and `panel`; nothing here owns a table.
"""
