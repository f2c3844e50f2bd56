from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any, cast

from aiohttp import web
from prometheus_client import CollectorRegistry

from signaling.app import web_application
from signaling.errors import STATUSES
from signaling.http import websocket, whip
from signaling.http.api_calls import calls
from signaling.http.context import Context
from signaling.http.openapi_document import document
from tests.support.rest import RestWorld


def routes(app: web.Application) -> set[tuple[str, str]]:
    found = set()
    for route in app.router.routes():
        assert route.resource is not None
        path = re.sub(r"{(\w+):[^}]*}", r"{\1}", route.resource.canonical)
        found.add((route.method, path))
    return {one for one in found if one[0] != "HEAD"}  # comes with every GET


def served() -> set[tuple[str, str]]:
    """Every route of a whole server."""
    app = web_application(cast(Context, None), CollectorRegistry(), lambda: 1)
    websocket.add_routes(app, cast(Any, None))
    whip.add_routes(app, cast(Any, None))
    doors = {"{door}": ("whip", "whep")}
    return {
        (method, path.replace("{door}", door))
        for method, path in routes(app)
        for door in doors["{door}"]
    }


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    described = {
        (method.upper(), path) for path, item in document()["paths"].items() for method in item
    }
    assert described == served()


def test_every_call_stands_there_once() -> None:
    table = [(call.method, call.path) for call in calls()]
    assert len(table) == len(set(table))
    names = [operation["operationId"] for operation in operations(document())]
    assert len(names) == len(set(names))


def test_every_code_that_is_named_exists() -> None:
    for call in calls():
        assert set(call.errors) <= STATUSES.keys(), call.path


def test_every_reference_leads_somewhere() -> None:
    made = document()
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(made)))
    assert referred
    assert referred <= made["components"]["schemas"].keys()
    used = {name for operation in operations(made) for way in operation["security"] for name in way}
    assert used <= made["components"]["securitySchemes"].keys()


def test_every_path_parameter_is_described() -> None:
    for path, item in document()["paths"].items():
        for operation in item.values():
            given = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path))


async def test_the_document_is_served(world: RestWorld) -> None:
    answer = await (await world.browser()).get("/api/v1/openapi.json")
    assert answer.status == 200
    assert answer.body == json.loads(json.dumps(document()))


def test_what_describes_the_api_is_not_loaded_with_the_server() -> None:
    """It would stay in the idle server's memory."""
    lazy = ("signaling.http.openapi_document", "signaling.http.api_answers")
    program = f"import sys, signaling.app; print([m for m in {lazy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def operations(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in made["paths"].values() for operation in item.values()]
