from sfu.bandwidth.application_limit import ApplicationLimit

ESTIMATE_BPS = 1e6


class Sender:
    """Sends at some rate for 1.2 s at a time."""

    def __init__(self) -> None:
        self.limit = ApplicationLimit()
        self.sent = self.now = 0.0

    def limited_at(self, rate_bps: float) -> bool:
        for _ in range(12):
            self.limit.update(int(self.sent), ESTIMATE_BPS, self.now)
            self.now += 0.1
            self.sent += 0.1 * rate_bps / 8
        return self.limit.update(int(self.sent), ESTIMATE_BPS, self.now)


def test_little_of_the_estimate_used_is_limited() -> None:
    assert Sender().limited_at(3e5)
    assert not Sender().limited_at(9e5)


def test_between_the_marks_it_stays_what_it_was() -> None:
    sender = Sender()
    assert sender.limited_at(7e5)
    assert not sender.limited_at(9e5)
    assert not sender.limited_at(7e5)
    assert sender.limited_at(6e5)
    assert 5.5e5 < sender.limit.sent_bps < 6.5e5


def test_a_clock_that_goes_back_does_no_harm() -> None:
    sender = Sender()
    sender.now = 100.0
    sender.limited_at(3e5)
    sender.now = 3.0
    assert not sender.limited_at(9e5)
