"""Who speaks, by the audio levels that publishers send with their packets (RFC 6464)."""

from __future__ import annotations

from collections.abc import Mapping

SILENCE_DBOV = 127
SPEAKS_ABOVE_DBOV = -50.0  # quieter is breath and room
ATTACK_S = 0.15
DECAY_S = 0.6
LOUDER_DB = 6.0  # by so much another must be louder to take over from somebody who speaks
TAKE_OVER_S = 0.5  # … for so long
KEEP_S = 1.5  # somebody who fell silent stays the speaker so long, if nobody else begins


class _Voice:
    __slots__ = ("level_db", "louder_since", "spoke_at")

    def __init__(self) -> None:
        self.level_db = -float(SILENCE_DBOV)
        self.louder_since: float | None = None
        self.spoke_at = -1e9


class SpeakerDetector:
    """One room's. Names are connection ids."""

    def __init__(self) -> None:
        self.speaker: str | None = None
        self._voices: dict[str, _Voice] = {}
        self._updated_at: float | None = None

    @property
    def speaking(self) -> frozenset[str]:
        """Everybody who speaks now."""
        return frozenset(n for n, v in self._voices.items() if v.level_db > SPEAKS_ABOVE_DBOV)

    def update(self, levels: Mapping[str, int | None], now: float) -> bool:
        """Take everybody's newest level (0 loudest to 127; None: muted or unknown).

        Returns whether the speaker or the set of those who speak has changed."""
        before = self.speaker, self.speaking
        elapsed = 0.1 if self._updated_at is None else max(0.0, now - self._updated_at)
        self._updated_at = now
        self._voices = {name: self._voices.get(name) or _Voice() for name in levels}
        for name, level in levels.items():
            self._follow(self._voices[name], level, elapsed, now)
        if self.speaker not in self._voices:
            self.speaker = None
        self._choose(now)
        return (self.speaker, self.speaking) != before

    def _follow(self, voice: _Voice, level: int | None, elapsed: float, now: float) -> None:
        target = -float(SILENCE_DBOV if level is None else level)
        time_s = ATTACK_S if target > voice.level_db else DECAY_S
        voice.level_db += (target - voice.level_db) * min(1.0, elapsed / time_s)
        if voice.level_db > SPEAKS_ABOVE_DBOV:
            voice.spoke_at = now

    def _choose(self, now: float) -> None:
        if not self._voices:
            return
        loudest, voice = max(self._voices.items(), key=lambda item: item[1].level_db)
        if voice.level_db <= SPEAKS_ABOVE_DBOV or loudest == self.speaker:
            voice.louder_since = None
            return
        current = self._voices.get(self.speaker) if self.speaker is not None else None
        if current is None or now - current.spoke_at > KEEP_S:
            self.speaker = loudest
            return
        if voice.level_db < current.level_db + LOUDER_DB:
            voice.louder_since = None
        elif voice.louder_since is None:
            voice.louder_since = now
        elif now - voice.louder_since >= TAKE_OVER_S:
            self.speaker, voice.louder_since = loudest, None
