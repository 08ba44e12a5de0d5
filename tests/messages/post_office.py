"""A mail server as a deployment has one: a real socket that speaks SMTP and notes what it takes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class PostOffice:
    """Answers recipients with `status`; `letters` are (to whom, the letter)."""

    url: str = ""
    status: int = 250
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)


@contextmanager
def open_office() -> Iterator[PostOffice]:
    """One on this machine, for as long as it is wanted."""
    office = PostOffice()

    class Counter(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 office\r\n")
            to: list[str] = []
            while line := self.rfile.readline():
                match line[:4].upper():
                    case b"EHLO" | b"MAIL" | b"RSET":
                        self.wfile.write(b"250 yes\r\n")
                    case b"RCPT":
                        to.append(line.decode().partition("<")[2].partition(">")[0])
                        self.wfile.write(b"%d so\r\n" % office.status)
                    case b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = iter(self.rfile.readline, b".\r\n")
                        content = b"".join(each.removeprefix(b".") for each in lines)
                        letter = message_from_bytes(content, policy=default)
                        assert isinstance(letter, EmailMessage)
                        office.letters.append((to, letter))
                        self.wfile.write(b"250 taken\r\n")
                    case _:
                        self.wfile.write(b"221 bye\r\n")
                        return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Counter) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        office.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        yield office
        server.shutdown()
