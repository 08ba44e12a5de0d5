"""The servers that come along: a PostgreSQL and a Redis for whoever has none at hand.

The binaries lie inside two installed packages; nothing else of those packages is used, since their own start-up code
opens directories to all users and trusts every connection. Here the servers listen on 127.0.0.1 only, ask for
passwords, keep their files in one directory that only their account can read, and never run as root.
"""

from tenants.runtime.embedded.servers import Servers

__all__ = ["Servers"]
