"""The one error a bot raises."""

from __future__ import annotations


class BotError(Exception):
    """A step of the bot's life failed.

    ``code`` is one of the server's error codes, or one of the bot's own: ``link_invalid``,
    ``server_unreachable``, ``answer_invalid`` (the server answered something undocumented),
    ``connect_refused``, ``timeout``, ``connection_closed``, ``media_failed``,
    ``source_invalid``. ``message`` says what happened, ``remedy`` what to do. Neither ever
    holds a token.
    """

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.remedy = remedy
