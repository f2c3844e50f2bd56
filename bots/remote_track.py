"""One track that the bot receives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiortc import RTCRtpTransceiver

from bots.aiortc_light import PacketCounter, count_only
from bots.recording import recorder_for
from bots.report import RemoteTrackReport
from bots.sinks import AudioSink, TrackSink, VideoSink
from signaling.protocol import ForwardedTrack

_SINKS: dict[str, type[TrackSink]] = {"audio": AudioSink, "video": VideoSink}


class RemoteTrack:
    """Whose track it is (``info``), and its sink: `VideoSink` or `AudioSink` when it is decoded,
    else only a `PacketCounter`. ``ended`` once its section no longer carries it."""

    def __init__(
        self,
        info: ForwardedTrack,
        transceiver: RTCRtpTransceiver,
        decode: bool,
        on_first: Callable[[], None],
        record_dir: Path | None,
    ) -> None:
        self.info = info
        self.ended = False
        self.sink: TrackSink | None = None
        self.counter: PacketCounter | None = None
        self._transceiver = transceiver
        self._receiver = transceiver.receiver
        self._on_first = on_first
        if decode:
            stem = f"{info.connection_id}-{info.source}-{info.track_id}"
            recorder = record_dir and recorder_for(info.kind, record_dir, stem)
            self.sink = _SINKS[info.kind](on_first, recorder or None)
            self.sink.start(self._receiver.track)
        else:
            self.counter = count_only(transceiver, self._counted)

    @property
    def video(self) -> VideoSink | None:
        return self.sink if isinstance(self.sink, VideoSink) else None

    @property
    def audio(self) -> AudioSink | None:
        return self.sink if isinstance(self.sink, AudioSink) else None

    @property
    def frames(self) -> int:
        """Decoded, or counted by marker bit; audio counts packets then."""
        if self.sink is not None:
            return self.sink.frames
        assert self.counter is not None
        count = self.counter.count
        return count.frames if self.info.kind == "video" else count.packets

    async def end(self) -> None:
        """Idempotent."""
        self.ended = True
        if self.sink is not None:
            await self.sink.stop()
        if self.counter is not None:
            self.counter.stop()

    async def report(self) -> RemoteTrackReport:
        packets, lost = await self._packets()
        info, video, audio = self.info, self.video, self.audio
        return RemoteTrackReport(
            track_id=info.track_id,
            connection_id=info.connection_id,
            kind=info.kind,
            source=info.source,
            decoded=self.sink is not None,
            ended=self.ended,
            packets=packets,
            packets_lost=lost,
            frames=self.frames,
            mean_colour=video.mean_colour() if video else None,
            dominant_frequency_hz=audio.dominant_frequency_hz() if audio else None,
            level_dbfs=audio.level_dbfs() if audio else None,
        )

    async def _packets(self) -> tuple[int, int]:
        if self.counter is not None:
            return self.counter.count.packets, self.counter.count.lost
        packets = lost = 0
        for entry in (await self._receiver.getStats()).values():
            if entry.type == "inbound-rtp":
                packets += entry.packetsReceived
                lost += max(0, entry.packetsLost)
        return packets, lost

    def _counted(self) -> None:
        assert self.counter is not None
        if self.counter.count.packets == 1:
            self._on_first()
