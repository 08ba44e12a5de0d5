"""Mailings: advertising that a participant plans for members, and the programme lets out.

A mailing is written and offered by people of a participant, and approved by the programme's own, who are never its
author (`actions`). At its hour a job takes the members in slices (`sending`): those alone who agreed to advertising of
partners, and no more of it than the terms let anybody have in a week (`terms`). Who is of the audience stands in
`audience`; what the words may be, and how they are read, in `wording`. Numbers of people are told rounded (`rounding`).
Texts go by `coalition.messages`, which asks for the consent once more at the moment of handing them over.
"""
