"""Random requests after the OpenAPI document: each is answered as documented, none by a 500."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signaling.http.openapi_document import document
from tests.support.database import PASSWORD
from tests.support.rest import Browser, RestWorld, rest_world

API = "/api/v1/"
# They would make strangers of the callers, and close what the others ask for.
ENDINGS = ("/auth/logout", "/end")
DOCUMENT = document()
NOBODY = "00000000-0000-4000-8000-000000000000"

# Lone surrogates too: JSON can write them, UTF-8 cannot.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=30)
HOSTILE = st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "%00",
        "null",
        NOBODY,
        "x" * 5000,
        "٣",
        "\u202e",
    ]
)
NUMBERS = st.sampled_from([0, -1, 1, 2**31, -(2**63), 10**400, 0.5, 1e308, float("nan"), True])
VALUES = st.recursive(
    st.none() | NUMBERS | st.integers() | TEXTS | HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


class Target:
    """A server with a session and people in it, and who may call it."""

    def __init__(
        self, world: RestWorld, callers: dict[str, Browser], known: dict[str, Any]
    ) -> None:
        self.world = world
        self.callers = callers
        self.known = known


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    async with rest_world(tmp_path) as world:
        session = await world.session()
        link = f"{API}sessions/by-token/{session['session_token']}/participants"
        guest = await (await world.browser()).post(link, {"participant_name": "Gil"})
        callers = {"nobody": await world.browser(), "forged": await world.browser("a.b.c")}
        callers["guest"] = await world.browser(guest.body["connect_token"])
        for name, person in (("host", world.people.therapist), ("patient", world.people.patient)):
            login = {"email": person.email, "password": PASSWORD}
            answer = await (await world.browser()).post(f"{API}auth/login", login)
            callers[name] = await world.browser(answer.body["token"])
        inquiry = {
            "patient_id": world.people.patient.id,
            "therapist_id": world.people.therapist.id,
            "subject": "Sleep",
        }
        asked = await callers["patient"].post(f"{API}patient-inquiries", inquiry)
        known = {
            "session_id": session["id"],
            "token": session["session_token"],
            "participant_id": guest.body["participant"]["id"],
            "row_id": asked.body["id"],
            "patient_id": world.people.patient.id,
            "therapist_id": world.people.therapist.id,
            "email": world.people.therapist.email,
            "password": PASSWORD,
            "minutes": 5,
            "session_name": "Talk",
            "participant_name": "Gil",
            "status": "closed",
            "subject": "Sleep",
            "title": "Rest",
            "expand": "patient",
        }
        yield Target(world, callers, known)


@cache
def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path, operation of what the callers may try."""
    return [
        (method.upper(), path, operation)
        for path, item in sorted(DOCUMENT["paths"].items())
        for method, operation in sorted(item.items())
        if path.startswith(API) and not any(ending in path for ending in ENDINGS)
    ]


def fields_of(operation: dict[str, Any]) -> list[str]:
    """The names of the body's fields; none where there is no body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    model = content["schema"]["$ref"].rpartition("/")[2]
    return list(DOCUMENT["components"]["schemas"][model]["properties"])


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, dict[str, Any], bytes | None]:
    """Caller, method, path with names in braces, values for them and for the body's fields (a
    value missing here is the right one), a body that replaces the fields."""
    method, path, operation = draw(st.sampled_from(operations()))
    names = [parameter["name"] for parameter in operation["parameters"]]
    fields = fields_of(operation)
    wrong = draw(st.dictionaries(st.sampled_from([*names, *fields, "role"]), VALUES, max_size=2))
    raw = draw(st.none() | st.none() | st.binary(max_size=50) | VALUES.map(as_json))
    caller = draw(st.sampled_from(["nobody", "forged", "guest", "host", "patient"]))
    return caller, method, path, wrong, raw


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=requests())
async def test_random_requests_are_answered_as_documented(
    target: Target, request: tuple[str, str, str, dict[str, Any], bytes | None]
) -> None:
    caller, method, path, wrong, raw = request
    operation = next(o for m, p, o in operations() if (m, p) == (method, path))
    values = {**target.known, **wrong}
    filled = re.sub(r"{(\w+)}", lambda found: as_text(values[found[1]]), path)
    query = [p["name"] for p in operation["parameters"] if p["in"] == "query"]
    filled += "?" + "&".join(f"{n}={as_text(values[n])}" for n in query if n in values)
    body = {name: values[name] for name in fields_of(operation) if name in values}
    body |= {"role": wrong["role"]} if "role" in wrong else {}
    data = as_json(body) if raw is None else raw
    headers = {"Content-Type": "application/json"}
    sent = None if method == "GET" else data
    # Holds the answer to the document, too.
    async with asyncio.timeout(10):
        answer = await target.callers[caller].call(method, filled, headers=headers, data=sent)
    assert answer.status < 500, (method, filled, data[:300])


def as_text(value: Any) -> str:
    """A value within an address."""
    return quote(str(value)[:2000].encode(errors="surrogatepass"), safe="") or "%20"
