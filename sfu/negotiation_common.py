"""What both directions of negotiation share."""

from __future__ import annotations


class NegotiationError(Exception):
    """A description that cannot be negotiated. ``code`` is ``sdp_invalid`` (it breaks the rules)
    or ``sdp_unsupported`` (valid, but nothing in it can be used); ``detail`` is for logs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
