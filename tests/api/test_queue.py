"""What is sold while the line is down is sent once, in its order, when it is back."""

from pathlib import Path
from typing import Any

import pytest

from partner_portal.till.client import Away, Refused, Till
from partner_portal.till.queue import Queue


class Line(Till):
    """A till whose line answers as it is told to."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.sent = list(answers), list[tuple[str, str]]()

    def write(self, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.sent.append((path, key))
        return {}


def kept(path: Path, *references: str) -> Queue:
    queue = Queue(path)
    for reference in references:
        queue.add("/purchases", {"reference": reference})
    return queue


def test_a_queue_survives_its_program_and_sends_in_order_what_it_has(tmp_path: Path) -> None:
    kept(tmp_path / "till.db", "1", "2", "2", "3").close()
    queue, line = kept(tmp_path / "till.db"), Line({}, {}, {})
    assert (len(queue), queue.send(line), len(queue)) == (3, 3, 0)
    assert line.sent == [("/purchases", f"/purchases {number}") for number in (1, 2, 3)]


def test_what_had_no_answer_stays_and_what_was_refused_is_put_aside(tmp_path: Path) -> None:
    queue = kept(tmp_path / "till.db", "1", "2", "3")
    line = Line({}, Refused(422, {"code": "member_unknown"}), Away("/purchases"))
    with pytest.raises(Away):
        queue.send(line)
    assert len(queue) == 1
    assert [(one.body, one.problem) for one in queue.refused()] == [
        ({"reference": "2"}, {"code": "member_unknown"})
    ]
    assert (queue.send(Line({})), len(queue)) == (1, 0)
