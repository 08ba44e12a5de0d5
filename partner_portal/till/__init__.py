"""A reference till: how a program at a till calls the API, with a queue for when the line is down, and a replay."""
