"""The steps of a join as a window and the server tell them each other on the WebSocket."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Page, WebSocket

CLIENT_STEPS = (
    "page_opened",
    "devices_granted",
    "join_clicked",
    "registered",
    "ice_servers",
    "signaling_connected",
    "joined",
    "publish_offered",
    "publish_answered",
    "publish_connected",
    "subscribe_offered",
    "subscribe_answered",
    "subscribe_connected",
    "first_remote_frame",
)
SERVER_STEPS = (
    "signaling_connected",
    "joined",
    "publish_answered",
    "publish_ice",
    "publish_dtls",
    "publish_first_packet",
    "subscribe_offered",
    "subscribe_answered",
    "subscribe_ice",
    "subscribe_dtls",
    "first_keyframe_forwarded",
)
COMPLETE = frozenset(
    {f"client {step}" for step in CLIENT_STEPS} | {f"server {step}" for step in SERVER_STEPS}
)
BEGIN, END = "client join_clicked", "client first_remote_frame"


class JoinTimeline:
    """Collects from the moment it is made; comes before the page's `goto`. ``steps`` maps "client
    joined" or "server joined" to Unix milliseconds, the first of each kept."""

    def __init__(self, page: Page) -> None:
        self.steps: dict[str, float] = {}
        self.failed: list[str] = []
        page.on("websocket", self._follow)

    def is_complete(self) -> bool:
        return self.steps.keys() >= COMPLETE

    def missing(self) -> set[str]:
        return set(COMPLETE - self.steps.keys())

    def since_join(self) -> dict[str, float]:
        """Milliseconds of every step since the click on join, in order of time."""
        begin = self.steps[BEGIN]
        return {step: at - begin for step, at in sorted(self.steps.items(), key=lambda kv: kv[1])}

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: self._sent(json.loads(payload)))
        socket.on("framereceived", lambda payload: self._received(json.loads(payload)))

    def _sent(self, message: dict[str, Any]) -> None:
        if message["type"] == "timeline":
            self._take("client", message)

    def _received(self, message: dict[str, Any]) -> None:
        if message["type"] == "timeline":
            self._take(message["entry"]["source"], message["entry"])

    def _take(self, source: str, entry: dict[str, Any]) -> None:
        name = f"{source} {entry['step']}"
        if entry["outcome"] == "failed":
            self.failed.append(f"{name}: {entry['detail']}")
        self.steps.setdefault(name, entry["at_ms"])
