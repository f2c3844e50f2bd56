"""Redundant audio (RFC 2198) on its way: one form for all subscribers, plain sound for the rest.

The numbers of the blocks inside a payload are the publisher's; subscribers have their own. As
packets are written once for all, RED goes to those who have Opus on its usual number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfu.audience import Dispatch
from sfu.packet import MediaPacket
from sfu.plain_sound import plain_sound
from sfu.producer import Producer
from sfu.red_numbers import OPUS_NUMBER
from sfu.wire.errors import WireError
from sfu.wire.red import RedBlock, build_red, parse_red
from sfu.wire.rtp import RtpPacket


def to_red(packet: RtpPacket, red: int, opus: int) -> RtpPacket:
    """A publisher's packet, RED or plain Opus, as RED with the subscribers' numbers. Raises
    `WireError`.

    :param red: payload type of RED at the publisher
    :param opus: of Opus there; the result has it"""
    if packet.payload_type == opus:
        blocks = [RedBlock(OPUS_NUMBER, 0, packet.payload)]
    elif packet.payload_type == red:
        given = parse_red(packet.payload)
        if any(block.payload_type != opus for block in given):
            raise WireError("RED of another codec")
        blocks = [block._replace(payload_type=OPUS_NUMBER) for block in given]
    else:
        return packet
    packet.payload_type, packet.payload = opus, build_red(blocks)
    return packet


def dispatches(producer: Producer, packets: Sequence[MediaPacket]) -> Iterator[Dispatch]:
    """Who gets what of ``packets``: RED only those who take it. See `Producer.dispatch`."""
    for whole in producer.dispatch(packets):
        if producer.red is None:
            yield whole
        else:
            yield from _split(whole)


def _split(dispatch: Dispatch) -> Iterator[Dispatch]:
    taking = [plan for plan in dispatch.plans if plan.red]
    others = [plan for plan in dispatch.plans if not plan.red]
    if taking:
        yield dispatch._replace(plans=taking)
    if others:
        plain = [plain_sound(packet) for packet in dispatch.packets]
        yield dispatch._replace(packets=plain, plans=others)
