from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import RodaError
from signaling.external_identity import ExternalRules, check_claims, person_of
from tests.signaling.identity_provider import AUDIENCE, ISSUER, claims
from tests.support.database import START

RULES = ExternalRules(ISSUER, AUDIENCE)
NOW = START.timestamp()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["other", AUDIENCE]},
        {"exp": NOW - 59},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
        {"iat": None},
    ],
)
def test_claims_that_are_good(changes: dict[str, Any]) -> None:
    check_claims(claims(**changes), RULES, NOW)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"aud": "anon"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {AUDIENCE: 1}}, "audience"),
        ({"exp": NOW - 60}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "tomorrow"}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": 1e300}, "expired"),
        ({"exp": float("nan")}, "expired"),
        ({"nbf": NOW + 61}, "not yet valid"),
        ({"nbf": "now"}, "not yet valid"),
        ({"iat": NOW + 61}, "of the future"),
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RodaError, match=f"not_authenticated.*{why}"):
        check_claims(claims(**changes), RULES, NOW)


def test_a_supabase_person() -> None:
    person = person_of(claims(), RULES)
    assert (person.email, person.full_name, person.role) == (
        "nadia@clinic.example",
        "Nadia",
        "therapist",
    )


def test_a_person_is_told_by_issuer_and_subject_alone() -> None:
    person = person_of(claims(), RULES)
    renamed = person_of(claims(email="n@other.example", user_metadata={}), RULES)
    elsewhere = person_of(claims(), ExternalRules("https://other.example", AUDIENCE))
    assert renamed.profile_id == person.profile_id != elsewhere.profile_id
    assert person_of(claims(sub="somebody else"), RULES).profile_id != person.profile_id


@pytest.mark.parametrize(
    ("changes", "rule", "role"),
    [
        ({"app_metadata": {"role": "admin"}}, "app_metadata.role", "admin"),
        ({"app_metadata": {"roles": ["x", "patient", "therapist"]}}, "app_metadata.roles",
         "therapist"),
        ({"app_metadata": {"role": "superuser"}}, "app_metadata.role", None),
        ({"app_metadata": {"role": {"admin": True}}}, "app_metadata.role", None),
        ({"app_metadata": "admin"}, "app_metadata.role", None),
        ({"app_metadata": None}, "app_metadata.role", None),
        # What users write of themselves, and Supabase's own roles, are none.
        ({"app_metadata": None, "user_metadata": {"role": "admin"}}, "app_metadata.role", None),
        ({"app_metadata": None, "role": "admin"}, "app_metadata.role", None),
        ({"https://clinic.example/role": "therapist"}, "https://clinic.example/role", "therapist"),
    ],
)  # fmt: skip
def test_roles(changes: dict[str, Any], rule: str, role: str | None) -> None:
    assert person_of(claims(**changes), ExternalRules(ISSUER, AUDIENCE, rule)).role == role


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"user_metadata": {"full_name": "  "}, "name": "Nora"}, "Nora"),
        ({"user_metadata": {"full_name": 7}}, "nadia"),
        ({"user_metadata": {"full_name": "x" * 5000}}, "x" * 100),
        ({"user_metadata": {"full_name": "a\u202eb"}}, "ab"),
    ],
)
def test_names(changes: dict[str, Any], name: str) -> None:
    assert person_of(claims(**changes), RULES).full_name == name


@pytest.mark.parametrize("email", [None, "", "nobody", "a b@c.de", "a@b", "x" * 300 + "@c.de", 7])
def test_without_an_address_one_is_made_that_reaches_nobody(email: Any) -> None:
    person = person_of(claims(email=email), RULES)
    assert person.email == f"{person.profile_id}@external.invalid"


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256])
def test_without_a_subject_there_is_no_person(subject: Any) -> None:
    with pytest.raises(RodaError, match="not_authenticated"):
        person_of(claims(sub=subject), RULES)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
NAMES = st.sampled_from([*claims(), "nbf", "name", "preferred_username"])


@given(st.dictionaries(NAMES, VALUES))
def test_any_claims_are_a_person_or_refused(changes: dict[str, Any]) -> None:
    given_claims = {**claims(), **changes}
    try:
        check_claims(given_claims, RULES, NOW)
        person = person_of(given_claims, RULES)
    except RodaError as exc:
        if exc.code != "not_authenticated":
            raise
        return
    assert 0 < len(person.full_name) <= 100
    assert len(person.email) <= 254
