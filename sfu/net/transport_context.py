"""What transports are made with: their time limits, and what all of a server share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sfu.net.aiortc_adapter import Certificate
from sfu.net.demultiplexer import Demultiplexer
from sfu.net.ice_generations import NewFullIce
from sfu.net.media_api import Outcome, TransportStateName
from sfu.net.media_counters import MediaCounters
from sfu.net.native_listeners import NativeListeners
from sfu.rtp_parameters import IceParameters


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """In seconds."""

    ice_s: float = 15.0  # from the description to the first check
    dtls_s: float = 10.0  # from the first check to the keys
    disconnected_s: float = 7.0  # silence until the peer counts as disconnected
    failed_s: float = 12.0  # silence until nothing more is sent; an ICE restart mends it
    lost_s: float = 30.0  # silence until no ICE restart is waited for any more


@dataclass(frozen=True, slots=True)
class TransportContext:
    """What every transport of a server shares."""

    demultiplexer: Demultiplexer
    certificate: Certificate
    candidates: Callable[[int], tuple[str, ...]]  # of ICE-lite, by the number of ICE restarts
    limits: TimeLimits
    on_state: Callable[[TransportStateName], None]
    on_step: Callable[[str, Outcome, str], None]
    counters: MediaCounters
    new_full_ice: NewFullIce | None  # None: ICE-lite on the media port
    listeners: NativeListeners | None = None  # None: feedback is taken in Python

    def new_ice(self) -> IceParameters:
        """RFC 8445 section 5.3 wants 24 and 128 random bits; these have 48 and 144."""
        lite = self.new_full_ice is None
        return IceParameters(secrets.token_hex(6), secrets.token_hex(18), lite=lite)
