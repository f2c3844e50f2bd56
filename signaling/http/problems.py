"""WHIP and WHEP paths: errors as problem details (RFC 9457), and pages of every site may call."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from signaling.errors import RodaError, error_body
from signaling.http.middleware import CODE_OF_STATUS, Handler, language_of

PREFIXES = ("/whip/", "/whep/")
RETRY_AFTER_S = {
    "not_admitted": 5,
    "server_draining": 10,
    "too_many_requests": 60,
    "too_many_connections": 60,
}
# No cookie is read here, so a foreign page can do nothing that its own token does not let it do.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, Retry-After",
}


@web.middleware
async def problem_details(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals of `PREFIXES` in the form that RFC 9725 wants; leave all others alone."""
    if not request.path.startswith(PREFIXES):
        return await handler(request)
    try:
        response = await handler(request)
    except RodaError as exc:
        response = _problem(request, exc)
    except web.HTTPException as exc:
        if exc.status not in CODE_OF_STATUS:
            raise
        response = _problem(request, RodaError(CODE_OF_STATUS[exc.status]))
        if "Allow" in exc.headers:
            response.headers["Allow"] = exc.headers["Allow"]
    response.headers.update(CORS)
    return response


def _problem(request: web.Request, error: RodaError) -> web.Response:
    """``code`` and ``error`` are Roda's own members, the same as everywhere."""
    language = language_of(request)
    words = error_body(error.code, language)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "detail": f"{words['message']} {words['remedy']}",
        "code": error.code,
        "error": words,
    }
    response = web.json_response(
        body, status=error.http_status, content_type="application/problem+json"
    )
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="roda"'
    if error.code in RETRY_AFTER_S:
        response.headers["Retry-After"] = str(RETRY_AFTER_S[error.code])
    return response
