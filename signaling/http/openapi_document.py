"""Makes the OpenAPI document out of the table of calls, their models and the map of errors."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from signaling.errors import STATUSES, error_body
from signaling.http.api_answers import ErrorAnswer
from signaling.http.api_calls import API, Call, Credential, calls
from signaling.http.auth import GUEST_COOKIE_PREFIX, LOGIN_COOKIE

Json = dict[str, Any]
COMPONENTS = "#/components/schemas/{model}"
OF_EVERY_CALL = ("internal", "not_found")  # not found: what an address cannot hold
SECURITY: Mapping[Credential, list[Json]] = {
    "login": [{"loginCookie": []}, {"loginToken": []}],
    "connect_token": [{"connectToken": []}],
    "guest_cookie": [{"guestCookie": []}],
    "none": [{}],
}
SCHEMES: Json = {
    "loginCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": LOGIN_COOKIE,
        "description": "Set by the log-in, for browsers. A change then needs an `Origin` or"
        " `Sec-Fetch-Site` of the same site, or a JSON body.",
    },
    "loginToken": {"type": "http", "scheme": "bearer", "description": "For programs."},
    "connectToken": {"type": "http", "scheme": "bearer", "description": "Of a registration."},
    "guestCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": f"{GUEST_COOKIE_PREFIX}SESSION_ID",
        "description": "Set by a guest's registration, one for each session.",
    },
}


def document() -> Json:
    """The whole document, as JSON values."""
    table = calls()
    paths: dict[str, Json] = defaultdict(dict)
    for call in table:
        paths[call.path][call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Roda", "version": "1", "description": _introduction()},
        "paths": dict(paths),
        "components": {"schemas": _schemas(table), "securitySchemes": SCHEMES},
    }


def _introduction() -> str:
    return (
        "Sessions, participants and accounts of a Roda server. Every refusal is"
        ' `{"error": {"code", "message", "remedy"}}`, worded in the language of `Accept-Language`'
        " (en, pt-BR, es)."
    )


def _operation(call: Call) -> Json:
    names = re.findall(r"{(\w+)}", call.path)
    operation: Json = {
        "operationId": _operation_id(call),
        "summary": call.words,
        "tags": [_tag(call)],
        "parameters": [_parameter(name, "path") for name in names]
        + [_parameter(name, "query", words) for name, words in call.query.items()],
        "responses": _responses(call),
        "security": [way for one in call.credentials for way in SECURITY[one]],
    }
    if call.body is not None:
        required = isinstance(call.body, str) or bool(call.body.model_json_schema().get("required"))
        operation["requestBody"] = {"required": required, "content": _content(call.body)}
    return operation


def _operation_id(call: Call) -> str:
    words = re.findall(r"\w+", call.path.removeprefix(API).replace("-", "_"))
    return "_".join([call.method.lower(), *words])


def _tag(call: Call) -> str:
    return next(iter(re.findall(r"\w[\w-]*", call.path.removeprefix(API))), "pages")


def _parameter(name: str, where: str, words: str = "") -> Json:
    parameter = {"name": name, "in": where, "required": where == "path"}
    return {**parameter, "description": words, "schema": {"type": "string"}}


def _responses(call: Call) -> Json:
    responses: Json = {}
    for status in call.statuses:
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if call.answer is not None and status != HTTPStatus.NO_CONTENT:
            responses[str(status)]["content"] = _content(call.answer)
    for refusal, codes in _by_status((*call.errors, *OF_EVERY_CALL)).items():
        responses[refusal] = {
            "description": "; ".join(f"`{code}`: {error_body(code)['message']}" for code in codes),
            "content": _content(ErrorAnswer),
            "x-error-codes": codes,
        }
    return responses


def _by_status(codes: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code in sorted(set(codes)):
        found[str(STATUSES[code].http)].append(code)
    return dict(sorted(found.items()))


def _content(what: type[BaseModel] | str) -> Json:
    if isinstance(what, str):
        return {what: {}}
    return {"application/json": {"schema": {"$ref": COMPONENTS.format(model=what.__name__)}}}


def _schemas(table: Iterable[Call]) -> Json:
    models: dict[str, type[BaseModel]] = {"ErrorAnswer": ErrorAnswer}
    for call in table:
        for model in (call.body, call.answer):
            if model is not None and not isinstance(model, str):
                models[model.__name__] = model
    mode: JsonSchemaMode = "validation"
    wanted = [(model, mode) for model in models.values()]
    _, schema = models_json_schema(wanted, ref_template=COMPONENTS)
    schemas: Json = schema["$defs"]
    schemas["ErrorWords"]["properties"]["code"]["enum"] = sorted(STATUSES)
    return schemas
