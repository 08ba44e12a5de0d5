"""What people of a participant write to the programme's back office, and what they are answered: a thread with a state.

Here: the thread and its letters (`models`), writing, answering and closing (`actions`), reading (`queries`). That they
were answered, a company's people are told by mail (`coalition.messages.to_partners`). Disputes about a sale are claims.
"""
