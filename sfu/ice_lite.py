"""An ICE-lite agent (RFC 8445 section 2.5): answers checks, never makes them."""

from __future__ import annotations

import hmac
from collections.abc import Hashable
from typing import NamedTuple

from sfu.rtp_parameters import IceParameters
from sfu.wire.stun import StunMessage, build_binding_success, build_error

SWITCH_AFTER_S = 7.0  # without a check on the selected pair; aioice checks every 6
MOVED_AFTER_S = 0.5  # without anything on the selected pair, where media comes on another

BAD_REQUEST, UNAUTHORIZED, ROLE_CONFLICT = 400, 401, 487


class CheckResult(NamedTuple):
    """What to do about a check."""

    response: bytes | None
    authenticated: bool  # whether the source may be taken as this peer's
    selected: bool  # whether the source is now the address to send to


class IceLiteAgent:
    """One transport's agent. Addresses are opaque and hashable: a socket and its peer."""

    __slots__ = (
        "_selected_checked_at",
        "last_check_at",
        "local",
        "remote_ufrag",
        "selected",
        "selected_heard_at",
    )

    def __init__(self, local: IceParameters) -> None:
        self.local = local
        self.remote_ufrag: str | None = None  # from the SDP; None until it is known
        self.selected: Hashable | None = None
        self.last_check_at: float | None = None
        self.selected_heard_at = 0.0  # media, of whatever kind, on the selected pair
        self._selected_checked_at = 0.0

    def check(
        self, message: StunMessage, source: Hashable, host: tuple[str, int], now: float
    ) -> CheckResult:
        """Answer a binding request.

        :param source: where it came from, as `selected` will name it
        :param host: the source's IP address and port, to be told to the peer
        :param now: monotonic seconds
        """
        refusal = self._refusal(message)
        if refusal is not None:
            return CheckResult(refusal, authenticated=False, selected=False)
        self.last_check_at = now
        selected = self._select(message.use_candidate, source, now)
        response = build_binding_success(message.transaction_id, host, self.local.password.encode())
        return CheckResult(response, authenticated=True, selected=selected)

    def media_from(self, source: Hashable, now: float) -> bool:
        """A media packet that is authentic and was never received before came from a source that
        has proved itself by a check. Whether the source is now the address to send to: so it is
        where the peer's address has changed, and the peer nominates no pair anew."""
        if self.selected is None or source == self.selected:
            return False
        last = max(self.selected_heard_at, self._selected_checked_at)
        if now - last <= MOVED_AFTER_S:
            return False
        self.selected = source
        self._selected_checked_at = now
        return True

    def is_alive(self, now: float, timeout_s: float) -> bool:
        """Whether the peer still consents (RFC 7675): a check came within ``timeout_s``."""
        return self.last_check_at is not None and now - self.last_check_at < timeout_s

    def _refusal(self, message: StunMessage) -> bytes | None:
        username = message.username
        if username is None:
            return build_error(message.transaction_id, BAD_REQUEST, "Bad Request", None)
        ours, _, theirs = username.partition(":")
        known = hmac.compare_digest(ours.encode(), self.local.ufrag.encode())
        if not known or not message.verify(self.local.password.encode()):
            return build_error(message.transaction_id, UNAUTHORIZED, "Unauthorized", None)
        password = self.local.password.encode()
        if self.remote_ufrag is not None and theirs != self.remote_ufrag:
            return build_error(message.transaction_id, UNAUTHORIZED, "Unauthorized", password)
        if message.ice_controlled is not None:
            return build_error(message.transaction_id, ROLE_CONFLICT, "Role Conflict", password)
        return None

    def _select(self, nominates: bool, source: Hashable, now: float) -> bool:
        if source == self.selected:
            self._selected_checked_at = now
            return False
        silent = now - self._selected_checked_at > SWITCH_AFTER_S
        if self.selected is not None and not nominates and not silent:
            return False
        self.selected = source
        self._selected_checked_at = now
        return True
