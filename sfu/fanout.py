"""The hot loop: every packet of a batch to every consumer, protected, ready to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple, Protocol

from sfu.pacer import Pacer
from sfu.packet import MediaPacket
from sfu.plan import TRANSPORT_NUMBER_AT, UINT16, Plan

HEADER_SIZE = 12
MAX_TRAILER = 32  # what SRTP appends at most
MAX_PACKET = 1600  # header, tail and trailer; longer ones are refused at the door
AT_ONCE_BYTES = 64 * 1024  # protected before the first of it is sent: the last waits for all
MAX_RUN_BYTES = 60_000  # one offloaded send stays below the largest IP datagram
MAX_RUN_SEGMENTS = 60  # the kernel's own limit is 64 (UDP_MAX_SEGMENTS)

_HEADER = Struct("!BBHII")


class Run(NamedTuple):
    """Protected datagrams for one destination, one behind the other in the arena.

    All are ``segment`` bytes long, but for the last, which may be shorter."""

    destination: object
    start: int
    end: int
    segment: int


class Arena(Protocol):
    """The memory that packets are protected in."""

    @property
    def buffer(self) -> bytearray: ...

    def protect(self) -> Callable[[object, int, int], int]:
        """A function ``(srtp, offset, length) -> length``: protects the packet that stands at
        ``offset`` in place; a negative result is an error and the packet is void."""
        ...


class Fanout:
    """Writes each packet once per consumer into the arena: own header, shared tail, protection."""

    def __init__(self, arena: Arena) -> None:
        self._buffer = arena.buffer
        self._protect = arena.protect()
        self._capacity = len(arena.buffer)

    def __call__(
        self, packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float
    ) -> Iterator[list[Run]]:
        """The batch's datagrams, in lists that are to be sent before the next one is asked for:
        the arena is used again for each. ``now`` in seconds is when they are taken to leave."""
        per_plan = len(packets) * MAX_PACKET
        at_once = max(1, min(self._capacity, AT_ONCE_BYTES) // per_plan) if per_plan else 1
        for first in range(0, len(plans), at_once):
            yield self._forward(packets, plans[first : first + at_once], now)

    def _forward(
        self, packets: Sequence[MediaPacket], plans: Sequence[Plan], now: float
    ) -> list[Run]:
        # One long function: a call per packet would cost as much as what is done for it.
        buffer = self._buffer
        protect = self._protect
        pack_into = _HEADER.pack_into
        put16 = UINT16.pack_into
        runs: list[Run] = []
        position = 0
        for plan in plans:
            if plan.pacer is not None:
                _hold(packets, plan, plan.pacer, now)
                continue
            start = position
            segment = segments = 0
            offset = plan.sequence_offset
            oldest = plan.first_sequence
            highest = plan.last_sequence
            clock = plan.timestamp_offset
            picture, tl0 = plan.picture_offset, plan.tl0_offset
            log = plan.sent_log
            transport_number = 0 if log is None else log.next_number
            payload_type = plan.payload_type
            ssrc = plan.ssrc
            srtp = plan.srtp
            sent: list[int] = []
            count = size = 0
            for packet in packets:
                if packet.sequence < oldest:
                    continue
                tail = packet.tail
                sequence = packet.sequence - offset
                body = position + HEADER_SIZE
                end = body + len(tail)
                pack_into(
                    buffer,
                    position,
                    packet.first_byte,
                    payload_type | packet.marker,
                    sequence & 0xFFFF,
                    (packet.timestamp + clock) & 0xFFFFFFFF,
                    ssrc,
                )
                buffer[body:end] = tail
                if picture and packet.picture_at:
                    number = 0x8000 | (packet.picture_id + picture) & 0x7FFF
                    put16(buffer, body + packet.picture_at, number)
                if tl0 and packet.tl0_at:
                    number = (packet.marks.tl0_index + tl0) & 0xFF
                    buffer[body + packet.tl0_at] = number
                if log is not None:
                    number = (transport_number + count) & 0xFFFF
                    put16(buffer, position + TRANSPORT_NUMBER_AT, number)
                length = protect(srtp, position, end - position)
                if length < 0:
                    plan.dropped += 1
                    continue
                count += 1
                size += len(tail)
                sent.append(sequence)
                if sequence > highest:
                    highest = sequence
                    plan.last_timestamp = (packet.timestamp + clock) & 0xFFFFFFFF
                if segment and (
                    length > segment
                    or segments == MAX_RUN_SEGMENTS
                    or position + length - start > MAX_RUN_BYTES
                ):
                    runs.append(Run(plan.destination, start, position, segment))
                    start = position
                    segment = 0
                position += length
                if not segment:
                    segment = length
                    segments = 1
                elif length < segment:
                    runs.append(Run(plan.destination, start, position, segment))
                    start = position
                    segment = 0
                else:
                    segments += 1
            if segment:
                runs.append(Run(plan.destination, start, position, segment))
            plan.note_sent(sent)
            plan.packets_sent += count
            plan.bytes_sent += size
            if log is not None:
                log.note_run(count, size + count * HEADER_SIZE, now)
        return runs


def _hold(packets: Sequence[MediaPacket], plan: Plan, pacer: Pacer, now: float) -> None:
    """Queue packets by their numbers. They are numbered for the transport and protected when they
    leave, so that neither the estimator nor SRTP sees them early."""
    for packet in packets:
        if packet.sequence < plan.first_sequence:
            continue
        sequence = packet.sequence - plan.sequence_offset
        if sequence > plan.last_sequence:
            plan.last_timestamp = (packet.timestamp + plan.timestamp_offset) & 0xFFFFFFFF
        plan.note_sent((sequence,))
        plan.packets_sent += 1
        plan.bytes_sent += len(packet.tail)
        pacer.put(plan, sequence & 0xFFFF, HEADER_SIZE + len(packet.tail), now)
