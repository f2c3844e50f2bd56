from __future__ import annotations

from typing import Any

import pytest

from signaling import care
from signaling.actors import ANONYMOUS
from signaling.errors import RodaError
from signaling.store.statements import Statements
from tests.support.database import ON_BOTH, SettableClock, add_people, services_over

pytestmark = ON_BOTH
WORDS = {"subject": "Sleep", "message": "I wake at four."}


async def test_both_people_of_an_inquiry_see_it_with_names_and_nobody_else(
    database_url: str,
) -> None:
    async with services_over(database_url, SettableClock()) as services:
        people = await add_people(services)
        rows = care.inquiries(services.store)
        patient, therapist = people.patient, people.therapist
        added = await rows.add(patient.as_actor(), patient.id, therapist.id, WORDS)
        assert added is not None
        assert added["status"] == "open"
        for person in (patient, therapist):
            (seen,) = await rows.visible(person.as_actor(), expand=True)
            assert (seen["patient_full_name"], seen["therapist_full_name"]) == ("Pedro", "Teresa")
        for stranger in (people.other_therapist.as_actor(), people.admin.as_actor(), ANONYMOUS):
            assert await rows.visible(stranger, expand=True) == []


async def test_people_are_joined_in_one_query(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with services_over(database_url, SettableClock()) as services:
        people = await add_people(services)
        rows, patient = care.inquiries(services.store), people.patient.as_actor()
        for _ in range(3):
            await rows.add(patient, people.patient.id, people.therapist.id, WORDS)
        sent: list[object] = []
        prepare = Statements.prepare

        def noting(self: Statements, statement: Any, values: Any = None) -> Any:
            sent.append(statement)
            return prepare(self, statement, values)

        monkeypatch.setattr(Statements, "prepare", noting)
        assert len(await rows.visible(patient, expand=True)) == 3
        assert len(sent) == 1


async def test_inquiries_for_others_or_to_nobody_are_refused(database_url: str) -> None:
    async with services_over(database_url, SettableClock()) as services:
        people = await add_people(services)
        rows, patient = care.inquiries(services.store), people.patient
        with pytest.raises(RodaError, match="forbidden"):
            await rows.add(people.admin.as_actor(), patient.id, people.therapist.id, WORDS)
        with pytest.raises(RodaError, match="reference_not_found"):
            await rows.add(patient.as_actor(), patient.id, "nobody", WORDS)
