"""How a subscribe transport's feedback gets to its signals in C."""

from __future__ import annotations

from sfu.bandwidth.sent_packets import SentLog
from sfu.net.aiortc_adapter import InboundSrtp
from sfu.net.native_listeners import Listener, Listens, NativeListeners
from sfu.net.native_signals import NativeSignals
from sfu.net.path import Path


class FeedbackIntake:
    """Of one transport: by `receive`, and from `listen` on as it is read from the socket, unless
    the signals are attentive."""

    signals: NativeSignals

    def __init__(self, listeners: NativeListeners, transport: Listens) -> None:
        self._listeners = listeners
        self._transport = transport
        self._listener: Listener | None = None
        self._heard_at = 0.0  # by listeners there were before

    def make_signals(self, log: SentLog) -> NativeSignals:
        """For the transport's estimator."""
        self.signals = self._listeners.feedback.signals(log)
        return self.signals

    @property
    def heard_at(self) -> float:
        """When anything authentic was last taken as it was read, 0 before."""
        return self._heard_at if self._listener is None else self._listener.heard_at

    def receive(self, inbound: InboundSrtp, data: bytes, now: float) -> int:
        """See `NativeSignals.receive`. Its SSRC is one that ``inbound`` knows."""
        return self.signals.receive(inbound.address, data, now)

    def listen(self, inbound: InboundSrtp, path: Path, ssrc: bytes) -> None:
        """Take what comes from ``ssrc`` by the transport's path where it is read, until `stop`."""
        route = path.route if self._listener is None else None
        if route is None:
            return
        listener = Listener.on(route, ssrc, inbound.address, self.signals)
        listener.heard_at = self._heard_at
        self._listeners.add(self._transport, listener, (inbound, self.signals))
        self._listener = listener

    def stop(self) -> None:
        """The path is another from now on, or none."""
        if self._listener is not None:
            self._heard_at = self._listener.heard_at
            self._listeners.remove(self._listener)
            self._listener = None
