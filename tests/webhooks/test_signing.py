"""The specification's arithmetic, held to its own published example and to a receiver that knows nothing of ours."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coalition.webhooks.signing import headers, new_secret, signature
from tests.webhooks.receiver import verified

DOCUMENTED = Path(__file__).parents[2] / "docs/api.md"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_published_example_comes_out() -> None:
    """The vector that the specification's reference libraries are tested with."""
    secret, name = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert (
        signature(secret, name, 1614265330, b'{"test": 2432232314}')
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_each_of_several_secrets_verifies_and_no_other() -> None:
    old, new = new_secret(), new_secret()
    sent = headers([new, old], "msg_1", AT, b"{}")
    now = AT.timestamp()
    assert [verified(one, sent, b"{}", now=now) for one in (old, new, new_secret())] == [True, True, False]
    assert not verified(old, sent, b"{}", now=now + 3600), "an old message played again"
    assert not verified(old, sent | {"webhook-id": "msg_2"}, b"{}", now=now)


def test_what_the_documentation_tells_receivers_to_do_works() -> None:
    [code] = re.findall(r"```python\n(.*?)```", DOCUMENTED.read_text("utf-8"), re.DOTALL)
    receivers: dict[str, Any] = {}
    exec(code, receivers)
    secret = new_secret()
    sent = headers([secret], "msg_1", datetime.now(UTC), b"{}")
    assert receivers["verified"](secret, sent, b"{}")
    assert not receivers["verified"](secret, sent, b"{ }")
