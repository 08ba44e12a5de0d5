"""Points for bringing a friend (golden F1): what stands of them is a function of all her purchases, net of returns.

Whenever these change, or one of them has settled (`jobs`), it is worked out anew under the locks of both members
(`settling`), and what was given before is taken back as it was given (`gifts`). So both have it or none, however
purchases and returns come. Who brought whom is `coalition.members.referring`.
"""
