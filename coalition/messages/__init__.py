"""Texts to members' phones: kept sealed until they are sent, handed to the deployment's gateway, tried again.

Who has one to send writes it in the transaction of its cause (`actions.send_text`); a job hands it over (`sending`).
The gateway is an address of the deployment (`gateway`), set by SMS_URL and SMS_TOKEN; without one nothing goes out.
Mail to people of the house goes by a server of the deployment (`mail`), SMTP_URL; partners' people are told by it that
something waits for them (`to_partners`). What is told to programs is in
`coalition.webhooks`.
"""
