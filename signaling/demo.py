"""Demo mode: two accounts, and a session that is ready."""

from __future__ import annotations

from datetime import timedelta

from signaling.accounts import Accounts, Profile
from signaling.actors import ProfileRole
from signaling.service import Services
from signaling.session_views import SessionView
from signaling.sessions import NewSession

DEMO_PASSWORD = "roda-demo"  # noqa: S105 - printed at every start, and refused outside demo mode
DEMO_ACCOUNTS: tuple[tuple[str, ProfileRole, str], ...] = (
    ("rafael.terapeuta@exemplo.com", "therapist", "Rafael (terapeuta)"),
    ("paciente.teste@exemplo.com", "patient", "Paciente de teste"),
)
DEMO_SESSION = "Sala de demonstração"
_LIFE_MINUTES = 30 * 24 * 60
_RENEW_BEFORE = timedelta(days=1)


async def prepare(services: Services) -> SessionView:
    """Create what is missing; the ready session."""
    people = [await _account(services.accounts, *account) for account in DEMO_ACCOUNTS]
    host = people[0].as_actor()
    enough = services.sessions.now + _RENEW_BEFORE
    for view in await services.sessions.own(host):
        if view.name == DEMO_SESSION and view.is_active and view.expires_at > enough:
            return view
    wanted = NewSession(
        DEMO_SESSION,
        max_participants=50,
        duration_minutes=_LIFE_MINUTES,
        waiting_room_enabled=False,
    )
    return await services.sessions.create(host, wanted, max_minutes=_LIFE_MINUTES)


async def _account(accounts: Accounts, email: str, role: ProfileRole, name: str) -> Profile:
    found = await accounts.find(email)
    return found or await accounts.add_user(email, role, name, DEMO_PASSWORD)
