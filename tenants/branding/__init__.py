"""One brand, three surfaces: the web theme, the mail frame and the PDF letterhead.

A bank's brand book gives a brand colour, an accent, a corner style and a mark; `derive` makes every other
colour and proves its contrast. `formats` writes numbers, points, money and dates the way each language does.
`web` hands all of it to the faces, `letterhead` to documents. Files here are ours or carry their licence.
"""
