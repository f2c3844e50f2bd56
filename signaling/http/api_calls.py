"""Every call of the HTTP API, as one table: what it takes, answers and refuses.

For the OpenAPI document only, and loaded with it. A test compares it with the routes there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from signaling.http import api_answers as answers
from signaling.http import bodies

Credential = Literal["login", "connect_token", "guest_cookie", "none"]

API = "/api/v1"
LINK = f"{API}/sessions/by-token/{{token}}"
ONE = f"{API}/sessions/{{session_id}}"
PARTICIPANT = f"{ONE}/participants/{{participant_id}}"
LOGIN: tuple[Credential, ...] = ("login",)
SEAT: tuple[Credential, ...] = ("login", "connect_token", "guest_cookie")
OPEN: tuple[Credential, ...] = ("none",)

HTML, SDP, FRAGMENT = "text/html", "application/sdp", "application/trickle-ice-sdpfrag"
EXTERNAL = ("email_taken", "identity_provider_unreachable")
UNKNOWN_LOGIN = ("not_authenticated", "connect_token_expired", *EXTERNAL)
BODY = ("invalid_request", "body_too_large")
CHANGE = ("cross_site_request",)
GONE = ("session_not_found", "session_ended", "session_expired")
NAME = ("name_required", "name_too_long")
REMOVED = ("participant_barred", "participant_removed")
SEEN = ("connect_token_invalid", "participant_not_found", "forbidden")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``answer``: a model, a media type, or None for no body; ``statuses``: of success;
    ``errors``: the codes it may refuse with, besides those of every call; ``query``: parameters
    and what they mean."""

    method: str
    path: str
    words: str
    answer: type[BaseModel] | str | None
    errors: tuple[str, ...] = ()
    body: type[BaseModel] | str | None = None
    statuses: tuple[int, ...] = (200,)
    credentials: tuple[Credential, ...] = OPEN
    query: Mapping[str, str] = field(default_factory=dict)


def _accounts() -> list[Call]:
    change, known = (*BODY, *CHANGE), (*UNKNOWN_LOGIN,)
    guessed = ("bad_credentials", "too_many_attempts")
    auth, done = f"{API}/auth", answers.Done
    return [
        Call("POST", f"{auth}/login", "Log in.", answers.LoginAnswer, (*change, *guessed),
             bodies.LoginBody),
        Call("POST", f"{auth}/logout", "End this log-in.", done, CHANGE),
        Call("POST", f"{auth}/logout-everywhere", "End every log-in of the account.", done,
             (*CHANGE, *known), credentials=LOGIN),
        Call("POST", f"{auth}/password", "Change the password; ends all other log-ins.", done,
             (*change, *known, *guessed, "weak_password"), bodies.PasswordBody, credentials=LOGIN),
        Call("GET", f"{API}/me", "Who is logged in.", answers.MeAnswer, known, credentials=LOGIN,
             query={"optional": "`true` answers null where nobody is, instead of refusing."}),
    ]  # fmt: skip


def _sessions() -> list[Call]:
    own = (*UNKNOWN_LOGIN, "session_not_found", "not_host")
    new = ("forbidden", *NAME, "duration_out_of_range", "too_many_sessions")
    session = answers.SessionInfo
    over = ("session_ended", "session_expired")
    return [
        Call("POST", f"{API}/sessions", "Start a session, as a therapist.", session,
             (*BODY, *CHANGE, *UNKNOWN_LOGIN, *new), bodies.NewSessionBody, (201,), LOGIN),
        Call("GET", f"{API}/sessions", "The caller's own sessions, newest first, at most 200.",
             answers.SessionsAnswer, UNKNOWN_LOGIN, credentials=LOGIN),
        Call("GET", f"{API}/sessions/attended", "Sessions of others that the caller takes or took "
             "part in, newest first, at most 200.", answers.AttendedAnswer, UNKNOWN_LOGIN,
             credentials=LOGIN),
        Call("GET", ONE, "One of the caller's own sessions.", session, own, credentials=LOGIN),
        Call("POST", f"{ONE}/extend", "Move the session's end.", session,
             (*BODY, *CHANGE, *own, *over, "duration_out_of_range"), bodies.ExtendBody,
             credentials=LOGIN),
        Call("POST", f"{ONE}/end", "End the session for everyone; again is harmless.", session,
             (*CHANGE, *own), credentials=LOGIN),
        Call("GET", f"{ONE}/audit", "Who did what in it, newest first; for its host and admins.",
             answers.AuditAnswer, (*UNKNOWN_LOGIN, "session_not_found"), credentials=LOGIN),
        Call("GET", f"{ONE}/connections", "Its connections now and 50 that ended: timelines"
             " and statistics.", answers.ConnectionsAnswer, own, credentials=LOGIN),
        Call("GET", f"{ONE}/qr.svg", "The share link as a QR code.", "image/svg+xml", own,
             credentials=LOGIN),
    ]  # fmt: skip


def _participants() -> list[Call]:
    registered = (*GONE, *NAME, *REMOVED, "session_full", "session_locked", "not_authenticated",
                  *EXTERNAL)  # fmt: skip
    seen = (*UNKNOWN_LOGIN, *SEEN, "session_not_found")
    token = {"token": "The session's token, for who is neither logged in nor registered."}
    return [
        Call("GET", LINK, "What a holder of the share link may know.", answers.PreviewAnswer, GONE),
        Call("POST", f"{LINK}/participants", "Take part, or take part again: 200 when known.",
             answers.RegisteredAnswer, (*BODY, *CHANGE, *registered), bodies.RegistrationBody,
             (200, 201), (*SEAT, "none")),
        Call("GET", f"{ONE}/participants", "The participants whom the caller may see.",
             answers.ParticipantsAnswer, seen, credentials=(*SEAT, "none"), query=token),
        Call("PATCH", PARTICIPANT, "Change one's own name.", answers.ParticipantAnswer,
             (*BODY, *CHANGE, *seen, *NAME), bodies.ParticipantChangesBody, credentials=SEAT),
        Call("DELETE", PARTICIPANT, "Leave; as the host, remove somebody.", None,
             (*CHANGE, *seen), statuses=(204,), credentials=SEAT,
             query={"bar": "`true` refuses the return too."}),
        Call("GET", f"{API}/ice-servers", "STUN and TURN servers.", answers.IceServersAnswer,
             (*UNKNOWN_LOGIN, *GONE, *REMOVED, "connect_token_invalid"),
             credentials=("login", "connect_token")),
    ]  # fmt: skip


def _care() -> list[Call]:
    add = (*BODY, *CHANGE, *UNKNOWN_LOGIN, "forbidden", "reference_not_found")
    seen = (*UNKNOWN_LOGIN, "invalid_request")
    inquiries, plans = f"{API}/patient-inquiries", f"{API}/treatment-plans"
    one, changed = "{row_id}", (*BODY, *CHANGE, *UNKNOWN_LOGIN, "not_found")
    expand = {"expand": "`patient`, `therapist` or both, separated by a comma: joined to each row."}
    return [
        Call("GET", inquiries, "Inquiries that name the caller, newest first, at most 200.",
             answers.InquiriesAnswer, seen, credentials=LOGIN, query=expand),
        Call("POST", inquiries, "Add an inquiry.", answers.InquiryInfo, add, bodies.InquiryBody,
             (201,), LOGIN),
        Call("PATCH", f"{inquiries}/{one}", "Change an inquiry's status.", answers.InquiryInfo,
             changed, bodies.InquiryStatusBody, credentials=LOGIN),
        Call("GET", plans, "Treatment plans that name the caller, newest first, at most 200.",
             answers.PlansAnswer, seen, credentials=LOGIN, query=expand),
        Call("POST", plans, "Add a treatment plan.", answers.PlanInfo, add, bodies.PlanBody,
             (201,), LOGIN),
        Call("PATCH", f"{plans}/{one}", "Change a plan's status.", answers.PlanInfo, changed,
             bodies.PlanStatusBody, credentials=LOGIN),
        Call("GET", f"{API}/people", "Whom the caller knows by a session, an inquiry or a plan, "
             "by name, at most 200.", answers.PeopleAnswer, UNKNOWN_LOGIN, credentials=LOGIN),
    ]  # fmt: skip


def _operators_and_pages() -> list[Call]:
    lang = {
        "token": "A connect token.",
        "lang": "Language of errors.",
        "resume": "See protocol.md.",
    }
    return [
        Call("GET", f"{API}/openapi.json", "This document.", "application/json"),
        Call("GET", "/healthz", "The process lives.", answers.HealthAnswer),
        Call("GET", "/readyz", "It can serve: 503 when not.", answers.ReadyAnswer,
             statuses=(200, 503)),
        Call("GET", "/metrics", "Numbers for Prometheus.", "text/plain"),
        Call("GET", "/ws", "Signaling by WebSocket: see protocol.md.", None, statuses=(101,),
             query=lang),
        Call("GET", "/", "The page: log-in or dashboard.", HTML),
        Call("GET", "/s/{token}", "The page of a share link.", HTML),
        Call("GET", "/static/{path}", "The page's files.", "application/octet-stream"),
    ]  # fmt: skip


def _media() -> list[Call]:
    seat: tuple[Credential, ...] = ("login", "connect_token")
    known = (*UNKNOWN_LOGIN, "connect_token_invalid", "forbidden")
    crowded = ("session_full", "session_locked", "too_many_connections", "too_many_requests")
    sdp = ("unsupported_media_type", "body_too_large", "sdp_invalid", "sdp_unsupported")
    found: list[Call] = []
    for door, does in (("whip", "Publish (RFC 9725)."), ("whep", "Play.")):
        endpoint = f"/{door}/{{token}}"
        resource = f"{endpoint}/{{resource}}"
        found += [
            Call("POST", endpoint, does, SDP, (*known, *GONE, *REMOVED, *crowded, *sdp,
                 "not_admitted", "participant_not_found"), SDP, (201,), seat),
            Call("OPTIONS", endpoint, "What a page may send.", None, statuses=(204,)),
            Call("PATCH", resource, "Trickle candidates, or restart ICE.", FRAGMENT,
                 (*known, *sdp, "not_found", "precondition_failed", "precondition_required"),
                 FRAGMENT, (200, 204), seat),
            Call("DELETE", resource, "Stop.", None, (*known, "not_found"), credentials=seat),
            Call("OPTIONS", resource, "What a page may send.", None, statuses=(204,)),
        ]  # fmt: skip
    return found


def calls() -> list[Call]:
    return [
        *_accounts(),
        *_sessions(),
        *_participants(),
        *_care(),
        *_media(),
        *_operators_and_pages(),
    ]
