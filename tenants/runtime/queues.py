"""Redis and RQ, as far as the house knows them: queues of pointers to outbox rows, and workers that follow them.

Nothing is kept here that the outbox does not have, so a Redis that is lost or emptied costs time and no work.
Serialised as JSON: whoever could write to a pickling queue could run any code.
"""

import logging
import threading
from uuid import UUID

import redis
import redis.exceptions
from rq import Queue, SimpleWorker, Worker
from rq.utils import as_text

logger = logging.getLogger(__name__)

SOON, BULK, CALLS = "soon", "bulk", "calls"
NAMES = (SOON, BULK, CALLS)
CALLERS = 4
"""Threads of a worker that follow pointers of the queue of calls: they mostly wait for those they call."""
PERFORM = "tenants.runtime.jobs.perform"
SERIALIZER = "json"
FAILED_KEPT_SECONDS = 60
CALL_PAUSE_SECONDS = 1

_queues: dict[str, Queue] = {}


def connect(redis_url: str) -> None:
    """Point this process at a Redis; nothing is sent yet."""
    # Short limits: the outbox has the work already, so nobody waits long for a Redis that is away.
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=5)
    _queues.update({name: Queue(name, connection=client, serializer=SERIALIZER) for name in NAMES})


def disconnect() -> None:
    """Forget the Redis: from now on work only waits in the outbox."""
    for queue in _queues.values():
        queue.connection.close()
    _queues.clear()


def connected() -> bool:
    """Whether `connect` was called; without it work only waits in the outbox."""
    return bool(_queues)


def push(queue: str, tenant_id: int, asked_id: UUID, seconds_max: int) -> None:
    """Hand a pointer to a waiting worker. A Redis that is away is logged: the relay comes again."""
    try:
        _queues[queue].enqueue_call(
            PERFORM,
            args=(tenant_id, str(asked_id)),
            job_id=_job_id(tenant_id, asked_id),
            timeout=seconds_max,
            result_ttl=0,
            failure_ttl=FAILED_KEPT_SECONDS,
        )
    except redis.exceptions.RedisError as error:
        logger.warning("Redis is away, the job waits in the outbox: %s", error)


def waiting(queue: str) -> set[str]:
    """The pointers now lying in a queue; empty when Redis is away. Raises nothing."""
    try:
        return set(_queues[queue].get_job_ids())
    except redis.exceptions.RedisError:
        return set()


def lies_in(pointers: set[str], tenant_id: int, asked_id: UUID) -> bool:
    """Whether the pointer to this outbox row is among them."""
    return _job_id(tenant_id, asked_id) in pointers


def lengths() -> dict[str, int]:
    """How many pointers wait in each queue; raises redis' errors when it is away."""
    return {name: queue.count for name, queue in _queues.items()}


def answers() -> bool:
    """Whether Redis answers."""
    try:
        return bool(_queues[SOON].connection.ping())
    except redis.exceptions.RedisError:
        return False


def workers() -> int:
    """How many workers are alive; 0 when Redis is away."""
    try:
        return len(Worker.all(queue=_queues[SOON])) if _queues else 0
    except redis.exceptions.RedisError:
        return 0


def work(redis_url: str) -> None:
    """Do jobs until asked to stop (SIGTERM, SIGINT: after the present one). One job at a time, in this very process:
    what it has compiled and connected stays warm, where a fork for each job would begin anew. Calls have their threads.
    """
    halt = threading.Event()
    callers = [threading.Thread(target=_call, args=(redis_url, halt), daemon=True) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        _work(redis_url)
    finally:
        halt.set()
        for caller in callers:
            caller.join(
                CALL_PAUSE_SECONDS * 2
            )  # a call that lasts is broken off, and made again by another worker


def _work(redis_url: str) -> None:
    connection = redis.Redis.from_url(redis_url)
    queues = [Queue(name, connection=connection, serializer=SERIALIZER) for name in (SOON, BULK)]
    worker = SimpleWorker(queues, connection=connection, serializer=SERIALIZER)
    worker.work(logging_level="WARNING")


def _call(redis_url: str, halt: threading.Event) -> None:
    """Follow the queue of calls until told to stop. A pointer that is lost on the way the relay sends again."""
    queue = Queue(CALLS, connection=redis.Redis.from_url(redis_url), serializer=SERIALIZER)
    while not halt.is_set():
        try:
            taken = queue.connection.blpop([queue.key], timeout=CALL_PAUSE_SECONDS)
            pointer = queue.fetch_job(as_text(taken[1])) if taken else None
            if pointer is not None:
                pointer.func(*pointer.args)
                pointer.delete()
        except redis.exceptions.RedisError as error:
            logger.warning("Redis is away: %s", error)
            halt.wait(CALL_PAUSE_SECONDS)


def _job_id(tenant_id: int, asked_id: UUID) -> str:
    return f"{tenant_id}-{asked_id}"
