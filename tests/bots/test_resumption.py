"""When a lost seat is taken up again, and when not; in a call: tests/e2e/test_resume.py."""

from __future__ import annotations

import pytest

from bots import resumption
from bots.errors import BotError
from bots.signaling import SignalingClient


class Connect:
    """Fails each time by the next of these codes."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)

    async def __call__(self) -> SignalingClient:
        raise BotError(self.codes.pop(0), "no")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumption, "FIRST_PAUSE_S", 0)


@pytest.mark.parametrize("passing", ["server_unreachable", "timeout", "connection_closed"])
async def test_what_may_pass_is_tried_again_until_the_server_refuses(passing: str) -> None:
    connect = Connect(passing, passing, "session_ended", "never asked")
    with pytest.raises(BotError) as caught:
        await resumption.resume(connect)
    assert caught.value.code == "session_ended"
    assert connect.codes == ["never asked"]


async def test_after_the_time_limit_the_last_failure_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resumption, "RESUME_LIMIT_S", -1)
    with pytest.raises(BotError) as caught:
        await resumption.resume(Connect("server_unreachable"))
    assert caught.value.code == "server_unreachable"
