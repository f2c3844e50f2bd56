"""Who asks: log-in by cookie or bearer token, guests by cookie or connect token, and the guard
against requests that another site makes a browser send."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from signaling.accounts import LOGIN_LIFE, Login, Profile
from signaling.actors import Actor
from signaling.errors import RodaError
from signaling.http.context import base_url, context_of
from signaling.http.middleware import Handler
from signaling.seats import SeatClaim

LOGIN_COOKIE = "roda_login"
GUEST_COOKIE_PREFIX = "roda_guest_"
COOKIE_PATH = "/"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``profile`` is set after a log-in, ``claim`` for a holder of a place."""

    profile: Profile | None = None
    claim: SeatClaim | None = None

    def actor(self, session_token: str | None = None) -> Actor:
        participant_id = self.claim.participant_id if self.claim else None
        if self.profile is None:
            return Actor(session_token=session_token, participant_id=participant_id)
        return self.profile.as_actor(session_token)


def bearer_of(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def login_token_of(request: web.Request) -> str | None:
    return bearer_of(request) or request.cookies.get(LOGIN_COOKIE)


async def caller_of(
    request: web.Request, session_id: str | None = None, *, allow_expired: bool = False
) -> Caller:
    """Who asks, perhaps nobody. A bad bearer token is refused (``not_authenticated``,
    ``connect_token_expired``, and what `ExternalAccounts.profile_of` raises); a stale cookie is
    as no cookie. ``session_id`` says which guest cookie counts; ``allow_expired`` lets an old
    connect token still tell who a guest is."""
    bearer = bearer_of(request)
    if bearer is not None:
        return await _bearer(request, bearer, allow_expired)
    services = context_of(request).services
    cookie = request.cookies.get(LOGIN_COOKIE)
    profile = await services.accounts.profile_of(cookie) if cookie else None
    return Caller(profile=profile, claim=guest_claim(request, session_id))


async def logged_in(request: web.Request) -> Profile:
    """Raises `RodaError` ``not_authenticated``."""
    caller = await caller_of(request)
    if caller.profile is None:
        raise RodaError("not_authenticated")
    return caller.profile


async def _bearer(request: web.Request, bearer: str, allow_expired: bool) -> Caller:
    context = context_of(request)
    services, external = context.services, context.external
    if external is not None and external.claims_issuer(bearer):
        return Caller(profile=await external.profile_of(bearer))
    profile = await services.accounts.profile_of(bearer)
    if profile is not None:
        return Caller(profile=profile)
    try:
        claim = services.tokens.read_connect_token(bearer, allow_expired=allow_expired)
    except RodaError as exc:
        if exc.code == "connect_token_expired":
            raise
        raise RodaError("not_authenticated", "unknown bearer token") from exc
    return Caller(claim=claim)


def guest_claim(request: web.Request, session_id: str | None) -> SeatClaim | None:
    """The place in that session which the guest cookie proves, if it does."""
    if session_id is None:
        return None
    cookie = request.cookies.get(GUEST_COOKIE_PREFIX + session_id)
    if cookie is None:
        return None
    claim = context_of(request).services.tokens.read_guest_cookie(cookie)
    return claim if claim and claim.session_id == session_id else None


def set_login_cookie(request: web.Request, response: web.Response, login: Login) -> None:
    _set_cookie(request, response, LOGIN_COOKIE, login.token, int(LOGIN_LIFE.total_seconds()))


def set_guest_cookie(
    request: web.Request, response: web.Response, claim: SeatClaim, token: str, seconds: int
) -> None:
    _set_cookie(request, response, GUEST_COOKIE_PREFIX + claim.session_id, token, seconds)


def clear_login_cookie(response: web.Response) -> None:
    response.del_cookie(LOGIN_COOKIE, path=COOKIE_PATH)


def _set_cookie(
    request: web.Request, response: web.Response, name: str, value: str, max_age: int
) -> None:
    secure = base_url(request).startswith("https://")
    response.set_cookie(
        name,
        value,
        max_age=max(max_age, 1),
        path=COOKIE_PATH,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


@web.middleware
async def refuse_cross_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a change that another site's page makes the browser send (``cross_site_request``).

    Browsers say where a request comes from by ``Sec-Fetch-Site`` or ``Origin``. What says neither
    must be something that no page can send to another site unasked. Programs with a bearer token
    carry nothing that a foreign page could borrow."""
    by_browser = request.method not in _SAFE_METHODS and bearer_of(request) is None
    if by_browser and not _same_site(request):
        raise RodaError("cross_site_request")
    return await handler(request)


def _same_site(request: web.Request) -> bool:
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is not None:
        host = urlsplit(origin).netloc
        return bool(host) and host in (request.host, urlsplit(base_url(request)).netloc)
    return _needs_leave(request)


def _needs_leave(request: web.Request) -> bool:
    """Whether a browser would first ask this server (a CORS preflight, which no route that reads
    cookies answers): any method but POST, or a JSON body. Without a cookie there is less to
    borrow, and only what forms can send is suspect."""
    if request.method != "POST":
        return True
    if request.cookies:
        return request.content_type == "application/json"
    return request.content_type not in _FORM_TYPES
