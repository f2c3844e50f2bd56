"""The page's own checks: its types, its format, its unit tests, and the protocol it speaks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel

from signaling import protocol

ROOT = Path(__file__).parents[2]
DECLARATIONS = ROOT / "web" / "client" / "protocol.d.ts"
LIMIT_S = 120
# What every request and notification has, or what belongs to none.
ABSTRACT = {"BaseModel", "Message", "Request", "Ok", "Error"}


def require(tool: str, reason: str) -> str:
    """The tool's path. Skips where it is missing, or fails in CI."""
    path = shutil.which(tool) or shutil.which(str(ROOT / "node_modules" / ".bin" / tool))
    if path is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(reason)
    assert path
    return path


def passes(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_unit_tests_of_the_modules() -> None:
    node = require("node", "Node.js is not installed")
    passes(node, "--test", *sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs")))


def test_types() -> None:
    passes(require("tsc", "TypeScript is not installed: npm ci"), "--project", "tsconfig.json")


def test_format() -> None:
    prettier = require("prettier", "prettier is not installed: npm ci")
    passes(prettier, "--check", "web", "tests/web")


def test_no_markup_from_strings() -> None:
    """What a person typed can never become markup: no such door is in the page."""
    doors = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )
    for path in (ROOT / "web").rglob("*.js"):
        assert not doors.search(path.read_text()), path


def test_nothing_comes_from_elsewhere() -> None:
    """Neither scripts nor styles nor pictures of another origin."""
    for path in [*(ROOT / "web").rglob("*.js"), *(ROOT / "web").rglob("*.css")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"['\"(]\s*(https?:)?//\w", text), path


MODELS = {
    name: model
    for name, model in vars(protocol).items()
    if isinstance(model, type) and issubclass(model, BaseModel) and name not in ABSTRACT
}
REQUESTS = [one for one in MODELS.values() if issubclass(one, protocol.Request)]
VALUES = [one for one in MODELS.values() if "type" not in one.model_fields]
NOTIFICATIONS = [one for one in MODELS.values() if one not in REQUESTS and one not in VALUES]


def fields_of(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields) - {"type", "id"}


def message_type(model: type[BaseModel]) -> str:
    (name,) = model.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return str(name)


def declared_fields(body: str) -> set[str]:
    return set(re.findall(r"(\w+)\??:", body)) - {"type"}


@pytest.mark.parametrize("model", REQUESTS, ids=message_type)
def test_a_request_is_declared_as_it_is(model: type[BaseModel]) -> None:
    requests = DECLARATIONS.read_text().partition("interface Requests {")[2].partition("\n}")[0]
    found = re.search(rf"\b{message_type(model)}: \{{(.*?)\}};", requests, re.DOTALL)
    assert found
    assert declared_fields(found[1]) == fields_of(model)


@pytest.mark.parametrize("model", VALUES, ids=lambda model: model.__name__)
def test_a_value_is_declared_as_it_is(model: type[BaseModel]) -> None:
    found = re.search(
        rf"interface {model.__name__}( extends (\w+))? \{{(.*?)\n\}}",
        DECLARATIONS.read_text(),
        re.DOTALL,
    )
    assert found
    body = re.sub(r"/\*\*.*?\*/", "", found[3], flags=re.DOTALL)
    inherited = fields_of(MODELS[found[2]]) if found[2] else set()
    assert declared_fields(body) | inherited == fields_of(model)


@pytest.mark.parametrize("model", NOTIFICATIONS, ids=message_type)
def test_a_notification_is_declared(model: type[BaseModel]) -> None:
    text = DECLARATIONS.read_text()
    body = re.search(rf'type: "{message_type(model)}";?(.*?)\}}', text, re.DOTALL)
    assert body
    if not issubclass(model, protocol.JoinResult):
        assert declared_fields(body[1]) == fields_of(model)
