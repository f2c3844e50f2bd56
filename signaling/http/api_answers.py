"""What the API answers, typed: for the OpenAPI document only, and loaded with it.

The handlers build plain values (`signaling.http.answers`); a test holds every one of them to these.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sfu.net.media_api import TransportName, TransportStateName
from signaling.actors import ProfileRole
from signaling.audit import AuditEvent
from signaling.care import InquiryStatus, PlanStatus
from signaling.protocol import ConnectionStats, ConnectionStatus, TimelineEntry, Track
from signaling.seats import ParticipantState, Role
from signaling.session_state import EndReason
from signaling.session_views import LinkState

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class ErrorWords(Answer):
    """``message`` and ``remedy`` are in the language of ``Content-Language``."""

    code: str
    message: str
    remedy: str
    detail: str | None = Field(None, description="For developers; of invalid_request only.")


class ErrorAnswer(Answer):
    error: ErrorWords


class Done(Answer):
    ok: Literal[True]


class ProfileInfo(Answer):
    id: Id
    email: str
    full_name: str
    role: ProfileRole


class LoginAnswer(Answer):
    token: str = Field(description="A bearer token; browsers have the same as a cookie.")
    profile: ProfileInfo


class MeAnswer(Answer):
    profile: ProfileInfo | None = Field(description="null only with `?optional=true`: nobody.")


class SessionInfo(Answer):
    """A session, for its host."""

    id: Id
    session_name: str
    session_token: Id
    share_url: Url
    therapist_id: Id
    host_name: str
    is_active: bool
    state: LinkState
    expires_at: Time
    created_at: Time
    ended_at: Time | None
    end_reason: EndReason | None
    max_participants: int
    participants: int
    waiting_room_enabled: bool
    recording_enabled: bool
    locked: bool


class SessionsAnswer(Answer):
    sessions: list[SessionInfo]


class AttendedInfo(Answer):
    """A session, for somebody who takes or took part in it."""

    id: Id
    session_name: str
    host_name: str
    share_url: Url
    is_active: bool
    state: LinkState
    expires_at: Time
    created_at: Time
    ended_at: Time | None
    end_reason: EndReason | None


class AttendedAnswer(Answer):
    sessions: list[AttendedInfo]


class PreviewInfo(Answer):
    id: Id
    session_name: str
    host_name: str
    state: LinkState
    is_active: bool
    expires_at: Time
    max_participants: int
    waiting_room_enabled: bool
    recording_enabled: bool
    share_url: Url


class PreviewAnswer(PreviewInfo):
    """What a holder of the link may know; ``session`` holds the same again."""

    session: PreviewInfo


class ParticipantInfo(Answer):
    id: Id
    session_id: Id
    user_id: Id | None
    participant_name: str
    role: Role
    state: ParticipantState
    is_active: bool
    joined_at: Time | None
    left_at: Time | None


class ParticipantAnswer(Answer):
    participant: ParticipantInfo


class ParticipantsAnswer(Answer):
    participants: list[ParticipantInfo]


class IceServerInfo(Answer):
    urls: list[str] | str
    username: str | None = None
    credential: str | None = None


class IceServersAnswer(Answer):
    ice_servers: list[IceServerInfo]
    ttl: int = Field(description="Seconds until the credentials expire.")


class RegisteredAnswer(Answer):
    participant: ParticipantInfo
    connect_token: str = Field(description="For GET /ws, 15 minutes long, of this session only.")
    signaling_url: Url
    ice_servers: list[IceServerInfo]
    ice_servers_ttl: int


class ConnectionInfo(Answer):
    """One connection of a session, for its host. ``state``: ``in_room``, ``lost`` (its socket; it
    may come back), ``waiting``, ``entering`` or ``closed``."""

    connection_id: Id
    participant_id: Id
    name: str
    role: Role
    opened_at: Time
    door: Literal["websocket", "whip", "whep"]
    state: Literal["waiting", "entering", "in_room", "lost", "closed"]
    transports: dict[TransportName, TransportStateName]
    tracks: list[Track]
    status: ConnectionStatus | None = Field(description="What its client says; null once gone.")
    timeline: list[TimelineEntry]
    stats: ConnectionStats | None = Field(description="Null for who waits.")


class ConnectionsAnswer(Answer):
    connections: list[ConnectionInfo]


class AuditedInfo(Answer):
    id: Id
    occurred_at: Time
    event: AuditEvent
    session_id: Id | None
    actor_id: Id | None = Field(description="The profile that acted; null: a guest, or Roda.")
    participant_id: Id | None = Field(description="Whom it befell.")
    detail: str


class AuditAnswer(Answer):
    audit_events: list[AuditedInfo]


class PersonInfo(Answer):
    id: Id
    full_name: str
    role: ProfileRole


class PeopleAnswer(Answer):
    people: list[PersonInfo]


class CareInfo(Answer):
    """``patient`` and ``therapist`` stand there where ``?expand=`` asks for them."""

    id: Id
    patient_id: Id
    therapist_id: Id
    created_at: Time
    updated_at: Time
    patient: PersonInfo | None = None
    therapist: PersonInfo | None = None


class InquiryInfo(CareInfo):
    subject: str
    message: str
    status: InquiryStatus


class InquiriesAnswer(Answer):
    patient_inquiries: list[InquiryInfo]


class PlanInfo(CareInfo):
    title: str
    description: str
    status: PlanStatus


class PlansAnswer(Answer):
    treatment_plans: list[PlanInfo]


class HealthAnswer(Answer):
    status: Literal["ok"]


class ReadyAnswer(Answer):
    status: Literal["ok", "unavailable"]
    checks: dict[str, bool]
