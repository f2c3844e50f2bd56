"""Who gets one encoding, and which of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sfu.consumer import Consumer
from sfu.frame_role import Layer
from sfu.history import History
from sfu.layer_choice import TOP, LayerChoice
from sfu.layer_filter import LayerFilter
from sfu.overtakers import Overtakers
from sfu.packet import MediaPacket
from sfu.plan import Plan
from sfu.plans import Plans

if TYPE_CHECKING:
    from sfu.encoding import Encoding


class Dispatch(NamedTuple):
    """Packets that go to the same consumers."""

    packets: Sequence[MediaPacket]
    plans: Sequence[Plan]
    starts: bool  # whether these are the first packets since the consumers were resumed


class Audience:
    """The consumers of one encoding.

    Those that get all of it share each batch. Who does without some of its layers has a filter,
    and a batch of its own."""

    def __init__(
        self,
        encoding: Encoding,
        want_keyframe: Callable[[], None],
        *,
        redundant: bool = False,
    ) -> None:
        """:param redundant: packets are RED, which not everybody takes"""
        self.history = History(redundant=redundant)
        self._encoding = encoding
        self._want_keyframe = want_keyframe
        self._flowing: dict[Consumer, Plan] = {}
        self._plans = Plans()  # of those that get everything
        self._filtered: tuple[tuple[Consumer, Plan, LayerFilter, Plans], ...] = ()
        self._starting: dict[Consumer, None] = {}
        self._overtakers = Overtakers()

    @property
    def is_flowing(self) -> bool:
        """Whether anybody gets this encoding."""
        return bool(self._flowing)

    @property
    def is_wanted(self) -> bool:
        """Whether anybody gets this encoding or waits for its keyframe."""
        return bool(self._flowing or self._starting)

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits for its keyframe."""
        return bool(self._starting)

    @property
    def spatial_layers(self) -> int:
        """How many spatial layers anybody gets or waits for, the lowest first; of who takes
        everything, more than there are. 0: nobody does."""
        served = (*self._flowing, *self._starting)
        return max((1 + (each.layer or TOP)[0] for each in served), default=0)

    def dispatch(self, packets: Sequence[MediaPacket]) -> Iterator[Dispatch]:
        """Who gets which of ``packets``. Consumers that wait for a keyframe begin at one.

        Each is to be carried out before the next is asked for: plans change in between."""
        if self._flowing:
            self.history.note(packets)
        if self._plans:
            yield Dispatch(packets, self._plans, False)
        if self._filtered:
            yield from self._filter(packets)
        if self._starting:
            yield from self._begin(packets)

    def resume(self, consumer: Consumer) -> None:
        """Forward to ``consumer``, from the next keyframe on. It leaves the encoding it gets now
        only then."""
        if consumer.encoding is not self._encoding and consumer not in self._starting:
            if not self._starting:
                self._overtakers.keep_from(self._encoding.next_sequence)
            self._starting[consumer] = None
            self._want_keyframe()

    def cancel(self, consumer: Consumer) -> None:
        """No longer wait for a keyframe on behalf of ``consumer``."""
        self._starting.pop(consumer, None)
        if not self._starting:
            self._overtakers.clear()
        if not self.is_wanted:  # whoever was sent something has a plan that knows where it is
            self.history = History(redundant=self.history.redundant)

    def pause(self, consumer: Consumer) -> None:
        """Forward nothing to ``consumer`` until `resume`."""
        self._stop(consumer)
        self.cancel(consumer)

    def await_keyframe(self) -> None:
        """Whoever gets this encoding begins again, at the next keyframe."""
        waiting = list(self._flowing)
        for consumer in waiting:
            self._stop(consumer)
        self._starting.update(dict.fromkeys(waiting))
        if self._starting:
            self._overtakers.keep_from(self._encoding.next_sequence)
            self._want_keyframe()

    def select(self, consumer: Consumer, layer: Layer | None, *, hurried: bool = True) -> None:
        """Let ``consumer``, if it gets this encoding, get the (spatial, temporal) layer at most,
        as soon as that can be decoded; None: everything. ``hurried`` as in `LayerChoice.want`."""
        plan = self._flowing.get(consumer)
        if plan is None:
            return
        if consumer.filter is None and layer is not None:
            consumer.filter = self._filter_from_now(plan, layer)
            self._arrange()
        elif consumer.filter is not None:
            consumer.filter.choice.want(layer or TOP, hurried=hurried)
            self._ask_for(consumer.filter)

    # --- inside ---------------------------------------------------------------------------------

    def _stop(self, consumer: Consumer) -> None:
        plan = self._flowing.pop(consumer, None)
        if plan is not None:
            plan.keep_last()
            self._arrange()
        if consumer.encoding is self._encoding:
            consumer.encoding = None
            consumer.end_filter()
            consumer.stopped_at = self._encoding.last_at

    def _arrange(self) -> None:
        flowing = self._flowing.items()
        self._plans = Plans(plan for consumer, plan in flowing if consumer.filter is None)
        self._filtered = tuple(
            (consumer, plan, consumer.filter, Plans((plan,)))
            for consumer, plan in flowing
            if consumer.filter is not None
        )

    def _filter(self, packets: Sequence[MediaPacket]) -> Iterator[Dispatch]:
        for consumer, plan, layers, alone in self._filtered:
            passed = layers(packets)
            if passed:
                yield Dispatch(passed, alone, False)
            if layers.choice.needs_keyframe:
                self._ask_for(layers)
            if consumer.layer is None and layers.is_settled:
                self._settle(consumer, plan, layers)

    def _begin(self, packets: Sequence[MediaPacket]) -> Iterator[Dispatch]:
        """Begin with the keyframe among ``packets``, where there is one. One that others overtook
        does not suit a decoder that has been shown later frames: it would drop it as too old."""
        first = next((packet for packet in packets if packet.marks.keyframe), None)
        begun = [] if first is None else self._overtakers.behind(first, packets)
        suited: list[Consumer] = []
        if first is not None and begun:
            late = self._overtakers.overtook(first)
            suited = [each for each in self._starting if not (late and each.is_beyond(first))]
        if len(suited) < len(self._starting):
            self._overtakers.keep(packets)
            if first is not None:
                self._want_keyframe()
        if suited:
            yield from self._start(begun, suited)

    def _start(
        self, begun: Sequence[MediaPacket], consumers: Sequence[Consumer]
    ) -> Iterator[Dispatch]:
        first = begun[0]
        self.history.note(begun)
        started: list[Plan] = []
        filtered: list[tuple[Plan, LayerFilter]] = []
        for consumer in consumers:
            del self._starting[consumer]
            plan = consumer.plan
            if plan is None:
                continue
            if consumer.encoding is not None:
                consumer.encoding.audience.pause(consumer)
            layers = None
            if consumer.layer is None:
                started.append(plan)
            else:
                layers = LayerFilter(LayerChoice(consumer.layer, intact=False), first.sequence)
                filtered.append((plan, layers))
            self._start_plan(consumer, plan, first, layers)
            self._flowing[consumer] = plan
        if not self._starting:
            self._overtakers.clear()
        self._arrange()
        if started:
            yield Dispatch(begun, tuple(started), True)
        for plan, layers in filtered:
            yield Dispatch(layers(begun), (plan,), True)

    def _start_plan(
        self, consumer: Consumer, plan: Plan, first: MediaPacket, layers: LayerFilter | None
    ) -> None:
        plan.start_at(
            first,
            consumer.first_sequence,
            self.history if layers is None else layers.history,
            consumer.elapsed_ticks(self._encoding.last_at, self._encoding.codec.clock_rate),
            filtered=layers is not None,
        )
        consumer.started(self._encoding)
        consumer.filter = layers

    def _filter_from_now(self, plan: Plan, layer: Layer) -> LayerFilter:
        """Everything has passed up to now."""
        first = max(plan.first_sequence, plan.last_sequence + plan.sequence_offset + 1)
        layers = LayerFilter(LayerChoice(layer, intact=True), first)
        newest = plan.newest()
        if newest is not None:
            layers.began(newest)
        plan.filter_from_now(layers.history)
        return layers

    def _settle(self, consumer: Consumer, plan: Plan, layers: LayerFilter) -> None:
        """Nothing is left out any more: the consumer joins the others again."""
        left_out = layers.left_out
        first = layers.highest + 1
        plan.end_filter(first, left_out.packets, left_out.frames, self.history)
        consumer.end_filter()
        self._arrange()

    def _ask_for(self, layers: LayerFilter) -> None:
        if layers.choice.needs_keyframe:
            layers.choice.needs_keyframe = False
            self._want_keyframe()
