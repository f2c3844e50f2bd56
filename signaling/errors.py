"""Every failure Roda can tell a person about: its code, statuses, sentence and remedy.

One table maps a code to its HTTP status and WebSocket close code; the words are in
``errors_en``, ``errors_pt`` and ``errors_es``, complete for every code (a test checks it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from signaling import errors_en, errors_es, errors_pt

DEFAULT_LANGUAGE = "en"
WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": errors_en.WORDS,
    "pt-BR": errors_pt.WORDS,
    "es": errors_es.WORDS,
}

END_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": errors_en.END_WORDS,
    "pt-BR": errors_pt.END_WORDS,
    "es": errors_es.END_WORDS,
}


class Status(NamedTuple):
    """HTTP status, and the WebSocket close code (RFC 6455 section 7.4.2: 4000–4999)."""

    http: int
    websocket: int


STATUSES: Mapping[str, Status] = {
    "invalid_request": Status(400, 4000),
    "message_not_json": Status(400, 4001),
    "message_unknown_type": Status(400, 4002),
    "message_invalid": Status(400, 4003),
    "body_too_large": Status(413, 4004),
    "not_found": Status(404, 4005),
    "method_not_allowed": Status(405, 4006),
    "name_required": Status(422, 4007),
    "name_too_long": Status(422, 4008),
    "duration_out_of_range": Status(422, 4009),
    "not_authenticated": Status(401, 4010),
    "bad_credentials": Status(401, 4011),
    "too_many_attempts": Status(429, 4012),
    "forbidden": Status(403, 4013),
    "cross_site_request": Status(403, 4014),
    "email_taken": Status(409, 4015),
    "weak_password": Status(422, 4016),
    "too_many_requests": Status(429, 4017),
    "reference_not_found": Status(422, 4018),
    "unsupported_media_type": Status(415, 4019),
    "session_not_found": Status(404, 4020),
    "session_ended": Status(410, 4021),
    "session_expired": Status(410, 4022),
    "session_full": Status(409, 4023),
    "session_locked": Status(423, 4024),
    "too_many_sessions": Status(429, 4025),
    "participant_barred": Status(403, 4030),
    "participant_removed": Status(403, 4031),
    "participant_not_found": Status(404, 4032),
    "declined": Status(403, 4033),
    "not_host": Status(403, 4034),
    "not_joined": Status(409, 4035),
    "already_joined": Status(409, 4036),
    "not_admitted": Status(403, 4037),
    "connect_token_invalid": Status(401, 4040),
    "connect_token_expired": Status(401, 4041),
    "too_many_connections": Status(429, 4042),
    "connection_replaced": Status(409, 4043),
    "connection_lost": Status(408, 4044),
    "join_timeout": Status(408, 4045),
    "too_slow": Status(429, 4046),
    "precondition_failed": Status(412, 4047),
    "precondition_required": Status(428, 4048),
    "sdp_invalid": Status(400, 4050),
    "sdp_unsupported": Status(422, 4051),
    "offer_superseded": Status(409, 4052),
    "track_unknown": Status(404, 4053),
    "too_many_tracks": Status(409, 4054),
    "media_unreachable": Status(504, 4055),
    "connection_closed": Status(409, 4056),
    "server_draining": Status(503, 4060),
    "internal": Status(500, 4061),
    "identity_provider_unreachable": Status(503, 4062),
}


class RodaError(Exception):
    """A refusal or fault. ``code`` is a key of `STATUSES`; ``detail`` is for logs and developers,
    never shown to people, and holds no token and no name."""

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in STATUSES:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail

    @property
    def http_status(self) -> int:
        return STATUSES[self.code].http

    @property
    def close_code(self) -> int:
        return STATUSES[self.code].websocket


def error_body(
    code: str, language: str = DEFAULT_LANGUAGE, reason: str | None = None
) -> dict[str, str]:
    """What a person is told: ``{"code", "message", "remedy"}`` in ``language`` (else English).
    ``reason``: why a session has ended, where there is more to say than the code does."""
    words = WORDS.get(language, WORDS[DEFAULT_LANGUAGE])
    ends = END_WORDS.get(language, END_WORDS[DEFAULT_LANGUAGE])
    message, remedy = (ends.get(reason) if reason else None) or words[code]
    return {"code": code, "message": message, "remedy": remedy}


def negotiate_language(accept_language: str | None) -> str:
    """The best of ``en``, ``pt-BR``, ``es`` for an ``Accept-Language`` value (RFC 9110
    section 12.5.4) or a bare language tag; English when nothing fits."""
    best, best_weight = DEFAULT_LANGUAGE, 0.0
    for item in (accept_language or "")[:500].split(","):
        tag, _, parameter = item.partition(";")
        weight = _weight(parameter)
        for language in WORDS:
            same = tag.strip().lower().split("-")[0] == language.lower().split("-")[0]
            if same and weight > best_weight:
                best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
