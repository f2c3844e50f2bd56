"""Patient inquiries and treatment plans: list one's own, add one, change its status; and whom
they may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from signaling import care
from signaling.acquaintances import Acquaintances
from signaling.care import CareRows
from signaling.errors import RodaError
from signaling.http.answers import iso
from signaling.http.auth import logged_in
from signaling.http.bodies import (
    Body,
    InquiryBody,
    InquiryStatusBody,
    PlanBody,
    PlanStatusBody,
    read_body,
)
from signaling.http.context import context_of
from signaling.names import clean_text, is_identifier
from signaling.store.statements import StoredRow
from signaling.store.store import Store

PEOPLE = ("patient", "therapist")
_TIMES = ("created_at", "updated_at")
_SHOWN_ALWAYS = ("id", "patient_id", "therapist_id", "status")


@dataclass(frozen=True, slots=True)
class CareCalls:
    """The calls of one table. ``limits``: its texts, and the most characters of each."""

    collection: str
    rows: Callable[[Store], CareRows]
    body: type[Body]
    status_body: type[InquiryStatusBody | PlanStatusBody]
    limits: Mapping[str, int]

    async def list_own(self, request: web.Request) -> web.Response:
        profile = await logged_in(request)
        expand = _expanded(request)
        rows = self.rows(context_of(request).services.store)
        found = await rows.visible(profile.as_actor(), expand=bool(expand))
        return web.json_response({self.collection: [self._json(row, expand) for row in found]})

    async def add(self, request: web.Request) -> web.Response:
        profile = await logged_in(request)
        body = (await read_body(request, self.body)).model_dump()
        for person in PEOPLE:
            if not is_identifier(body[f"{person}_id"]):
                raise RodaError("reference_not_found", f"{person}_id")
        words = {name: clean_text(name, body[name], most) for name, most in self.limits.items()}
        rows = self.rows(context_of(request).services.store)
        row = await rows.add(profile.as_actor(), body["patient_id"], body["therapist_id"], words)
        if row is None:
            raise RodaError("forbidden", "added, but not to be seen")
        return web.json_response(self._json(row, frozenset()), status=201)

    async def change_status(self, request: web.Request) -> web.Response:
        profile = await logged_in(request)
        body = await read_body(request, self.status_body)
        row_id = request.match_info["row_id"]
        if not is_identifier(row_id):
            raise RodaError("not_found")
        rows = self.rows(context_of(request).services.store)
        row = await rows.set_status(profile.as_actor(), row_id, body.status)
        return web.json_response(self._json(row, frozenset()))

    def _json(self, row: StoredRow, expand: frozenset[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {name: row[name] for name in (*_SHOWN_ALWAYS, *self.limits)}
        shown |= {name: iso(row[name]) for name in _TIMES}
        for person in expand:
            shown[person] = {
                "id": row[f"{person}_id"],
                "full_name": row[f"{person}_full_name"],
                "role": row[f"{person}_role"],
            }
        return shown


INQUIRIES = CareCalls(
    "patient_inquiries",
    care.inquiries,
    InquiryBody,
    InquiryStatusBody,
    {"subject": 200, "message": 10_000},
)
PLANS = CareCalls(
    "treatment_plans",
    care.treatment_plans_of,
    PlanBody,
    PlanStatusBody,
    {"title": 200, "description": 10_000},
)


async def known_people(request: web.Request) -> web.Response:
    """Whom the caller may choose from when writing an inquiry or a plan."""
    profile = await logged_in(request)
    found = await Acquaintances(context_of(request).services.store).of(profile.as_actor())
    return web.json_response({"people": [dict(person) for person in found]})


def _expanded(request: web.Request) -> frozenset[str]:
    """Whom to join to each row. Raises `RodaError` ``invalid_request`` for others."""
    wanted = frozenset(name for name in request.query.get("expand", "").split(",") if name)
    if not wanted <= frozenset(PEOPLE):
        raise RodaError("invalid_request", "expand takes patient and therapist")
    return wanted


def add_routes(app: web.Application) -> None:
    for path, calls in (("/patient-inquiries", INQUIRIES), ("/treatment-plans", PLANS)):
        app.router.add_get(f"/api/v1{path}", calls.list_own)
        app.router.add_post(f"/api/v1{path}", calls.add)
        app.router.add_patch(f"/api/v1{path}/{{row_id}}", calls.change_status)
    app.router.add_get("/api/v1/people", known_people)
