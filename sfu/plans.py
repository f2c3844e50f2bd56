"""Who gets the same packets."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from sfu.plan import Plan


class Plans(tuple[Plan, ...]):
    """Made once for many batches, with what the loop in C takes of them: looking at each plan in
    every batch would cost as much as the rest of what is done in Python."""

    addresses: array[int]  # of their records

    def __new__(cls, plans: Iterable[Plan] = ()) -> Plans:
        made = super().__new__(cls, plans)
        made.addresses = array("Q", [plan.address for plan in made])
        return made
