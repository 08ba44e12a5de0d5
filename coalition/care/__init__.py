"""What the contact centre does for one member at a time: goodwill points within limits, and notes of talks.

Goodwill is an ordinary award of the ledger with its own cause; its limits are terms of the programme (`terms`). Notes
are sealed as other personal data is. The screens are in `admin.contact_centre`; what she sees of it is her
history.
"""
