from __future__ import annotations

import ast
from pathlib import Path

import signaling
from signaling import policies_doc, policy


def test_the_document_is_fresh() -> None:
    fresh = policies_doc.render()
    assert policies_doc.PATH.read_text(encoding="utf-8") == fresh, (
        "run: python -m signaling.policies_doc"
    )


def test_every_policy_is_in_it_once() -> None:
    text = policies_doc.render()
    for one in policy.POLICIES:
        assert text.count(f"| `{one.name}` |") == 1, one.name
        assert one.words in text


def test_whatever_works_as_the_server_says_why() -> None:
    folder = Path(signaling.__file__).parent
    found = set()
    for path in folder.rglob("*.py"):
        names = [node for node in ast.walk(ast.parse(path.read_text())) if _is_server(node)]
        if names and path.name != "actors.py":
            found.add(path.relative_to(folder).with_suffix("").as_posix())
    assert found == set(policies_doc.SERVER_WORK)


def _is_server(node: ast.AST) -> bool:
    """The name, or an actor made with that role."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Actor":
        given = [word.value for word in node.keywords]
        return any(isinstance(one, ast.Constant) and one.value == "server" for one in given)
    return isinstance(node, ast.Name) and node.id == "SERVER"
