"""The partner's own place: how a legal entity applies, and what its people see and do once it is admitted."""
