"""A small provider of sign-ins on loopback, real as far as our house asks: it signs what the test wants it to say."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tenants.runtime import clock

CLIENT, SECRET = "coalition", "secret of the desk"
SIGNING, OTHER = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("one", "other"))


@dataclass
class SmallProvider:
    """What it says of itself and of people, and what it was asked."""

    issuer: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: SIGNING)
    published: list[RSAKey] = field(default_factory=lambda: [SIGNING])
    alg: str = "RS256"
    asked: list[str] = field(default_factory=list)
    _begun: dict[str, str] = field(default_factory=dict)
    nonce: str = ""

    def code_for(self, address: str) -> tuple[str, str]:
        """Let a person in who was sent to this address; the code and the state that go back."""
        sent = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        assert (sent["response_type"], sent["client_id"]) == ("code", CLIENT)
        assert sent["code_challenge_method"] == "S256"
        code = f"code-{len(self._begun)}"
        self._begun[code], self.nonce = sent["code_challenge"], sent["nonce"]
        return code, sent["state"]

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """What a path answers."""
        match path:
            case "/.well-known/openid-configuration":
                places = {
                    f"{name}_endpoint": f"{self.issuer}/{name}"
                    for name in ("authorization", "token", "userinfo")
                }
                return 200, {
                    "issuer": self.issuer,
                    "jwks_uri": f"{self.issuer}/jwks",
                } | places | self.metadata
            case "/jwks":
                return 200, KeySet(self.published).as_dict(private=False)
            case "/userinfo":
                assert authorization == "Bearer access"
                return 200, self.userinfo
            case "/token":
                return self._token(form, authorization)
        return 404, {}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        basic = base64.b64encode(f"{CLIENT}:{quote_plus(SECRET)}".encode()).decode()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        proof = (
            base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if self._begun.pop(form["code"], None) != proof:
            return 400, {"error": "invalid_grant"}
        now = int(clock.real_now().timestamp())
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
        }
        said = {name: one for name, one in (said | self.claims).items() if one is not None}
        header = {"alg": self.alg, "kid": getattr(self.key, "kid", None) or "one"}
        token = jwt.encode(header, said, self.key, algorithms=[self.alg])
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": token}


@contextmanager
def served() -> Iterator[SmallProvider]:
    """The provider, answering on a port of loopback."""
    provider = SmallProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: found[0] for name, found in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            provider.asked.append(self.path)
            status, said = provider.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(said).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said["to"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


BY_OUR_SECRET = OctKey.import_key(SECRET.ljust(32, "."))
