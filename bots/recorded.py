"""Publishing packets that were encoded once: what a room of many bots can afford."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.audio.codeccontext import AudioCodecContext
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from bots.pacer import Pacer
from bots.pattern import draw_pattern
from bots.sound import FRAME_SAMPLES, SAMPLE_RATE, tone
from bots.sources import (
    AUDIO_TIME_BASE,
    VIDEO_CLOCK_HZ,
    VIDEO_TIME_BASE,
    MediaSource,
    SyntheticSettings,
    audio_frame,
    video_frame,
)

LOOP_S = 2
VIDEO_BITRATE_BPS = 250_000
AUDIO_BITRATE_BPS = 32_000


class RecordedTrack(MediaStreamTrack):
    """Sends encoded frames round and round; the sender packetises them without encoding.

    The first frame is a keyframe. `restart` goes back to it, which answers a keyframe request.
    """

    def __init__(self, kind: str, payloads: Sequence[bytes], ticks: int, clock_hz: int) -> None:
        super().__init__()
        self.kind = kind
        self._payloads = payloads
        self._ticks = ticks
        self._time_base = AUDIO_TIME_BASE if kind == "audio" else VIDEO_TIME_BASE
        self._pacer = Pacer(ticks / clock_hz)
        self._position = 0

    def restart(self) -> None:
        self._position = 0

    async def recv(self) -> av.Packet[Stream]:
        if self.readyState != "live":
            raise MediaStreamError
        number = await self._pacer.next()
        packet: av.Packet[Stream] = av.Packet(self._payloads[self._position])
        self._position = (self._position + 1) % len(self._payloads)
        packet.pts = number * self._ticks
        packet.time_base = self._time_base
        return packet


async def recorded_source(settings: SyntheticSettings) -> MediaSource:
    """The synthetic source, encoded once (off the event loop) as VP8 and Opus."""
    loop = asyncio.get_running_loop()
    source = MediaSource()
    if settings.tone_hz:
        opus = await loop.run_in_executor(None, partial(encode_tone, settings.tone_hz))
        source.audio = RecordedTrack("audio", opus, FRAME_SAMPLES, SAMPLE_RATE)
    if settings.video:
        vp8 = await loop.run_in_executor(None, partial(encode_pattern, settings))
        ticks = VIDEO_CLOCK_HZ // settings.frame_rate
        video = RecordedTrack("video", vp8, ticks, VIDEO_CLOCK_HZ)
        source.video = video
        source.on_keyframe_request = video.restart
    return source


def encode_tone(frequency_hz: float) -> list[bytes]:
    """`LOOP_S` of a tone as Opus packets of 20 ms."""
    codec = AudioCodecContext.create("libopus", "w")
    codec.sample_rate, codec.format, codec.layout = SAMPLE_RATE, "s16", "mono"
    codec.bit_rate = AUDIO_BITRATE_BPS
    packets = []
    for first in range(0, LOOP_S * SAMPLE_RATE, FRAME_SAMPLES):
        frame = audio_frame(tone(first, FRAME_SAMPLES, frequency_hz), first)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


def encode_pattern(settings: SyntheticSettings) -> list[bytes]:
    """`LOOP_S` of the moving picture as VP8 frames, the first a keyframe and no other."""
    codec = VideoCodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = settings.width, settings.height, "yuv420p"
    codec.time_base, codec.bit_rate = VIDEO_TIME_BASE, VIDEO_BITRATE_BPS
    codec.gop_size = LOOP_S * settings.frame_rate + 1
    codec.options = {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0"}
    packets = []
    for number in range(LOOP_S * settings.frame_rate):
        picture = draw_pattern(number, settings.colour, settings.width, settings.height)
        frame = video_frame(picture, number * VIDEO_CLOCK_HZ // settings.frame_rate)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets
