"""`coalition webhooks` as an operator types it, and what is told through real workers' queues."""

import json
import subprocess
import sys

import redis
from click.testing import CliRunner, Result

from admin.cli.main import cli
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.api.conftest import Till, furnished
from tests.api.test_way import sale
from tests.runtime.test_worker import until
from tests.transactions.bank import query
from tests.webhooks.conftest import deliver
from tests.webhooks.receiver import receiving, verified


def typed(*words: str) -> Result:
    """The command's answer."""
    return CliRunner().invoke(cli, ("webhooks", words[0], "--tenant", "shop", *words[1:]))


def said(*words: str) -> str:
    """What the command says when it does what it is told."""
    answer = typed(*words)
    assert answer.exit_code == 0, answer.output
    return answer.output


def added(*words: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(said("add", "--json", *words))
    return found


def sold(till: Till, reference: str) -> None:
    till.sign_in()
    assert till.post("/purchases", sale(reference), key=reference).status_code == 201


def test_an_endpoints_life_at_the_command_line(live_database: Settings) -> None:
    till = furnished()
    assert said("list") == "There is no endpoint.\n"
    with receiving(status=500, answer=b"we are\nclosed") as receiver:
        hook = added("--participant", "shop", "--kind", "purchase.booked", receiver.url)
        assert said("log", hook["endpoint"]) == "Nothing was sent there yet.\n"
        sold(till, "1")
        deliver(till.house.tenant)
        assert f"{hook['endpoint']}  {receiver.url} of shop: purchase.booked; waiting 1" in said("list")
        log = said("log", hook["endpoint"])
        assert "purchase.booked: 500 in " in log
        assert log.endswith("waiting. we are closed\n")
        assert said("replay", hook["endpoint"]) == "Nothing has failed.\n"
        secret = said("rotate", hook["endpoint"]).removeprefix("secret: ").strip()
        [row] = json.loads(said("log", "--json", hook["endpoint"]))
        assert (row["message"], row["status"], row["answer"]) == (receiver.ids[0], 500, "we are\nclosed")
        receiver.status = 200
        sold(till, "2")
        deliver(till.house.tenant)
        assert [verified(one, *receiver.got[1]) for one in (hook["secret"], secret)] == [True, True]
        again = said("replay", hook["endpoint"], "--message", receiver.ids[1])
        assert again == "Sent anew: 1\n"
        deliver(till.house.tenant)
        assert receiver.ids[1] == receiver.ids[2]
        assert said("end", hook["endpoint"]) == "It is told nothing any more.\n"
        sold(till, "3")
        assert deliver(till.house.tenant) in (0, 1)
        assert len(receiver.got) == 3
    assert ": ended; delivered 1, failed 1" in said("list")


def test_what_cannot_be_done_is_said_in_a_sentence(live_database: Settings) -> None:
    till = furnished()
    port = "http://127.0.0.1:9/"
    for words, sentence in [
        (("add", port), "Say whose it is"),
        (("add", "--participant", "nobody", port), "There is no such participant"),
        (("add", "--client", "nobody", port), "There is no such client"),
        (
            ("add", "--participant", "shop", "http://10.0.0.1/"),
            "The host 10.0.0.1 leads to 10.0.0.1, which is not",
        ),
        (("add", "--participant", "shop", "ftp://x/"), "The address cannot be used: it has to be https://"),
        (("add", "--participant", "shop", "--kind", "x", port), "Invalid value for '--kind'"),
        (("rotate", "4f9d4b4e-0000-7000-8000-000000000000"), "There is no such endpoint"),
        (("replay", "4f9d4b4e-0000-7000-8000-000000000000", "--message", "x"), "x is no message"),
    ]:
        answer = typed(*words)
        assert (answer.exit_code, sentence in answer.output) == (2, True), answer.output
    hook = added("--client", till.client_id, port)
    said("end", hook["endpoint"])
    assert "This endpoint has ended" in typed("rotate", hook["endpoint"]).output


def test_secrets_are_sealed_where_they_are_kept(live_database: Settings) -> None:
    till = furnished()
    hook = added("--participant", "shop", "http://127.0.0.1:9/")
    [(sealed,)] = query(till.house, "select sealed from webhook_secret")
    assert hook["secret"].encode() not in bytes(sealed)
    with db.transaction(till.house.tenant):
        assert hook["secret"] not in said("list")


def test_a_worker_delivers_within_a_moment_of_the_sale(live_database: Settings) -> None:
    """Nothing of the test's own in between: the sale's transaction, the queue of calls, a worker, the receiver."""
    redis.Redis.from_url(live_database.redis_url).flushall()
    till = furnished()
    worker = subprocess.Popen(
        [sys.executable, "-m", "admin.cli.main", "worker"], env=live_database.environment()
    )
    try:
        with receiving() as receiver:
            hook = added("--participant", "shop", receiver.url)
            sold(till, "1")
            until(lambda: len(receiver.got) == 1)  # the worker is up
            sold(till, "2")
            assert until(lambda: len(receiver.got) == 2) < 1.0
            assert all(verified(hook["secret"], *one) for one in receiver.got)
            until(lambda: "delivered 2" in said("list"))
    finally:
        worker.terminate()
        assert worker.wait(20) == 0
