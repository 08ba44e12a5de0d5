"""House rules that the shape of the code can show."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import wsgi
from admin import audit_words
from tenants.branding import icons
from tenants.runtime import jobs

ROOT = Path(__file__).parents[2]
ROOMS = ("admin", "charity", "coalition", "migrations", "partner_portal", "tenants")
T = TypeVar("T", bound=ast.AST)
CORE = (
    "cards",
    "claims",
    "ledger",
    "members",
    "partners",
    "programmes",
    "promotions",
    "redemption",
    "segments",
    "transactions",
    "webhooks",
)


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the product, by its path."""
    paths = [ROOT / "wsgi.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in sorted(paths))


def nodes(kind: type[T]) -> Iterator[tuple[str, T]]:
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, kind):
                yield path, node


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]


def test_headings_of_the_decisions_stand_apart() -> None:
    text = (ROOT / "DECISIONS.md").read_text("utf-8")
    close = [line for line in re.findall(r"(?m)^#+ .*$", text) if f"\n\n{line}\n\n" not in f"\n\n{text}"]
    assert close == []


def test_every_icon_that_a_page_names_is_drawn() -> None:
    """One that is not there would be shown as a tag."""
    files = [path for room in ROOMS for kind in ("*.html", "*.py") for path in (ROOT / room).rglob(kind)]
    named = {
        (name, path.name)
        for path in files
        for name in re.findall(r"""icon(?: = |\()["']([a-z0-9-]+)["']""", path.read_text("utf-8"))
    }
    assert len(named) > 100
    assert {one for one in named if one[0] not in icons.names()} == set()


def test_there_is_code_to_look_at() -> None:
    assert len(modules()) > 100


def test_nobody_commits_or_rolls_back_but_the_database_module() -> None:
    found = {path for path, node in nodes(ast.Attribute) if node.attr in ("commit", "rollback")}
    assert found - {"tenants/runtime/db.py"} == set()


def test_only_settings_read_the_environment() -> None:
    found = {
        path
        for path, node in nodes(ast.Attribute)
        if node.attr in ("environ", "getenv")
        and not (isinstance(node.value, ast.Name) and node.value.id == "request")  # a request's own, by WSGI
    }
    assert found == {"tenants/runtime/settings.py"}


def test_imports_stand_at_the_top() -> None:
    inner = [
        f"{path}:{found.lineno}"
        for path, node in nodes(ast.FunctionDef)
        for found in ast.walk(node)
        if isinstance(found, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


@pytest.mark.parametrize(
    "package", ["flask", "flask_babel", "flask_wtf", "rq", "redis", "requests", "reportlab"]
)
def test_the_core_knows_no_face_and_no_queue(package: str) -> None:
    found = [
        path
        for kind in (ast.Import, ast.ImportFrom)
        for path, node in nodes(kind)
        for name in imported(node)
        if name.split(".")[0] == package and path.startswith(tuple(f"coalition/{room}/" for room in CORE))
    ]
    assert found == []


def test_every_job_that_is_asked_for_is_there() -> None:
    assert wsgi.create_app  # the import of everyone has declared every job
    asked = {
        node.args[1].value
        for _, node in nodes(ast.Call)
        if getattr(node.func, "id", getattr(node.func, "attr", "")) == "ask"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    scheduled = {schedule.name for schedule in jobs.schedules()}
    assert {"files.stage", "files.post_chunk", "files.finish", "purchases.post_unmatched"} <= asked
    assert {name for name in asked | scheduled if jobs.named(str(name)).name != name} == set()


def test_every_action_asks_for_a_permission_before_anything_else() -> None:
    """A public function with an `actor` says `actor.must(...)` first, or hands its actor to one that does.

    `record` writes down what actions have done: they have asked.
    """
    silent = []
    for path, node in nodes(ast.FunctionDef):
        if node.name.startswith("_") or "actor" not in {arg.arg for arg in node.args.args}:
            continue
        first = node.body[1] if isinstance(node.body[0], ast.Expr) and len(node.body) > 1 else node.body[0]
        if not ast.unparse(first).startswith("actor.must("):
            silent.append(f"{path}: {node.name}")
    assert silent == ["tenants/audit.py: record"]


def test_points_and_money_are_never_floats() -> None:
    """`float` and true division do not occur where points or money are counted."""
    rooms = ("coalition/claims", "coalition/ledger", "coalition/promotions", "coalition/redemption",
             "coalition/transactions/posting",
             "coalition/transactions/returns", "coalition/money", "charity/")  # fmt: skip
    divided = [
        f"{path}:{node.lineno}"
        for path, node in nodes(ast.BinOp)
        if isinstance(node.op, ast.Div) and path.startswith(rooms) and not _is_path(node)
    ]
    named = [f"{path}:{node.lineno}" for path, node in nodes(ast.Name) if node.id == "float"]
    assert divided == []
    assert [place for place in named if place.startswith(rooms)] == []


def _is_path(node: ast.BinOp) -> bool:
    return isinstance(node.right, ast.Constant | ast.JoinedStr) and not isinstance(
        getattr(node.right, "value", ""), int
    )


def test_every_verb_of_the_audit_trail_has_its_words() -> None:
    """Whatever `record(session, actor, VERB, ...)` writes down is said in both languages at the desk."""
    written = {
        said.value
        for _path, node in nodes(ast.Call)
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in ("record", "_write_down")
        and len(node.args) >= 4
        for said in ast.walk(node.args[2])
        if isinstance(said, ast.Constant) and isinstance(said.value, str)
    }
    assert len(written) > 40
    assert written == set(audit_words.VERBS)
