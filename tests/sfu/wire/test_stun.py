"""STUN messages; the vectors are those of RFC 5769."""

from hashlib import md5

import pytest
from aioice import stun as other
from hypothesis import given
from hypothesis import strategies as st

from sfu.wire import stun
from sfu.wire.errors import WireError
from sfu.wire.stun import (
    StunMessage,
    build_binding_request,
    build_binding_success,
    build_error,
    parse_stun,
)
from tests.support.hostile import parses_or_refuses, truncations

PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")

REQUEST = bytes.fromhex(
    "0001 0058 2112a442 b7e7a701bc34d686fa87dfae"  # binding request, 88 bytes
    "8022 0010 5354554e207465737420636c69656e74"  # SOFTWARE "STUN test client"
    "0024 0004 6e0001ff"  # PRIORITY
    "8029 0008 932ff9b151263b36"  # ICE-CONTROLLED
    "0006 0009 6576746a3a68367659 202020"  # USERNAME "evtj:h6vY", padded with spaces
    "0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"  # MESSAGE-INTEGRITY
    "8028 0004 e57a3bcf"  # FINGERPRINT
)
RESPONSE_IPV4 = bytes.fromhex(
    "0101 003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022 000b 7465737420766563746f72 20"  # SOFTWARE "test vector"
    "0020 0008 0001 a147 e112a643"  # XOR-MAPPED-ADDRESS 192.0.2.1:32853
    "0008 0014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "8028 0004 c07d4c96"
)
RESPONSE_IPV6 = bytes.fromhex(
    "0101 0048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022 000b 7465737420766563746f72 20"
    "0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9"
    "0008 0014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "8028 0004 c8fb0b4c"
)
REQUEST_LONG_TERM = bytes.fromhex(
    "0001 0060 2112a442 78ad3433c6ad72c029da412e"
    "0006 0012 e3839ee38388e383aae38383e382afe382b9 0000"  # USERNAME, six katakana
    "0015 001c 662f2f3439396b3935346436 4f4c33346f4c39465354767936347341"  # NONCE
    "0014 000b 6578616d706c652e6f7267 00"  # REALM "example.org"
    "0008 0014 f67024656dd64a3e02b8e0712e85c9a28ca89666"  # and no fingerprint
)
VECTORS = [REQUEST, RESPONSE_IPV4, RESPONSE_IPV6, REQUEST_LONG_TERM]


def test_sample_request() -> None:
    message = parse_stun(REQUEST)
    assert (message.method, message.message_class) == (stun.BINDING, stun.REQUEST)
    assert message.transaction_id == TRANSACTION
    assert message.username == "evtj:h6vY"
    assert message.priority == 0x6E0001FF
    assert message.ice_controlled == 0x932FF9B151263B36
    assert message.ice_controlling is None
    assert not message.use_candidate
    assert message.attributes[stun.SOFTWARE] == b"STUN test client"
    assert message.raw == REQUEST
    assert message.verify(PASSWORD)


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (RESPONSE_IPV4, ("192.0.2.1", 32853)),
        (RESPONSE_IPV6, ("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_sample_response(data: bytes, address: tuple[str, int]) -> None:
    message = parse_stun(data)
    assert message.message_class == stun.SUCCESS
    assert message.xor_mapped_address == address
    assert message.verify(PASSWORD)


def test_sample_request_with_long_term_credentials() -> None:
    """The key of RFC 8489 section 9.2.2; SASLprep has already taken out the soft hyphen."""
    message = parse_stun(REQUEST_LONG_TERM)
    key = md5("マトリックス:example.org:TheMatrIX".encode(), usedforsecurity=False).digest()
    assert message.username == "マトリックス"
    assert message.verify(key)


@pytest.mark.parametrize("vector", VECTORS)
def test_every_truncation_is_refused(vector: bytes) -> None:
    assert not any(parses_or_refuses(parse_stun, prefix) for prefix in truncations(vector))
    assert not parses_or_refuses(parse_stun, vector + bytes(4))


FINGERPRINT_AT = len(REQUEST) - 8


@pytest.mark.parametrize("at", [*range(FINGERPRINT_AT), *range(FINGERPRINT_AT + 2, len(REQUEST))])
def test_no_changed_byte_is_verified(at: int) -> None:
    """Save the fingerprint's type: changed, it is an unknown attribute that nothing protects."""
    changed = bytearray(REQUEST)
    changed[at] ^= 0x01
    try:
        message = parse_stun(bytes(changed))
    except WireError:
        return
    assert not message.verify(PASSWORD)


def test_wrong_or_missing_credentials_are_not_verified() -> None:
    assert not parse_stun(REQUEST).verify(b"wrong")
    assert not parse_stun(REQUEST).verify(b"")
    unprotected = parse_stun(build_binding_request(TRANSACTION))
    assert unprotected.verify_fingerprint()
    assert not unprotected.verify(PASSWORD)


def test_integrity_without_fingerprint_is_verified() -> None:
    shortened = bytearray(REQUEST[:-8])
    shortened[3] -= 8
    assert parse_stun(bytes(shortened)).verify(PASSWORD)


def test_wrong_fingerprint_is_not_verified() -> None:
    assert not parse_stun(REQUEST[:-1] + b"\x00").verify(PASSWORD)


def insert(message: bytes, at: int, attribute: bytes) -> bytes:
    """``message`` with ``attribute`` inserted and the length made right."""
    data = message[:at] + attribute + message[at:]
    return data[:2] + (len(data) - 20).to_bytes(2, "big") + data[4:]


def test_attributes_after_the_integrity_are_not_believed() -> None:
    use_candidate = bytes.fromhex("0025 0000")
    data = insert(REQUEST[:-8], len(REQUEST) - 8, use_candidate)
    message = parse_stun(data)
    assert message.verify(PASSWORD)
    assert not message.use_candidate


def test_first_of_equal_attributes_wins() -> None:
    message = parse_stun(insert(REQUEST, 20, bytes.fromhex("0024 0004 00000001")))
    assert message.priority == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\x40" + REQUEST[1:],  # not 00 in the first two bits
        REQUEST[:4] + b"\x00" + REQUEST[5:],  # another cookie
        insert(REQUEST, len(REQUEST), bytes.fromhex("0025 0000")),  # after the fingerprint
        insert(REQUEST, 20, bytes.fromhex("0008 0004 00000000")),  # a short integrity
        insert(REQUEST, 20, bytes.fromhex("0025 ffff")),
        insert(RESPONSE_IPV4, 20, b"\x00\x25"),  # not a multiple of four
        insert(REQUEST[:20], 20, b"\x00\x25"),  # half an attribute
    ],
)
def test_malformed_message_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_stun(data)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("0024 0002 1234 0000", "priority"),
        ("802a 0004 00000000", "ice_controlling"),
        ("8029 0000", "ice_controlled"),
        ("0006 0001 ff000000", "username"),
        ("0020 0008 0003 0000 00000000", "xor_mapped_address"),  # no such family
        ("0020 0004 0001 0000", "xor_mapped_address"),
        ("0020 0000", "xor_mapped_address"),
        ("0009 0004 00000200", "error_code"),
        ("0009 0004 00000464", "error_code"),
        ("0009 0000", "error_code"),
    ],
)
def test_malformed_attribute_is_refused_when_asked_for(attribute: str, name: str) -> None:
    plain = build_binding_request(TRANSACTION)
    message = parse_stun(insert(plain, 20, bytes.fromhex(attribute)))
    with pytest.raises(WireError):
        getattr(message, name)


@pytest.mark.parametrize(
    "name",
    ["username", "priority", "ice_controlling", "ice_controlled", "xor_mapped_address"],
)
def test_absent_attribute_is_none(name: str) -> None:
    message = parse_stun(build_binding_request(TRANSACTION))
    assert getattr(message, name) is None
    assert message.error_code is None


@pytest.mark.parametrize("address", [("203.0.113.9", 1), ("::1", 65535), ("2001:db8::9", 443)])
def test_success_is_understood_by_another_implementation(address: tuple[str, int]) -> None:
    data = build_binding_success(TRANSACTION, address, PASSWORD)
    message = other.parse_message(data)
    assert message.check_message_integrity(PASSWORD)
    assert message.message_class == other.Class.RESPONSE
    assert message.attributes["XOR-MAPPED-ADDRESS"] == address
    assert parse_stun(data).xor_mapped_address == address


def test_request_of_another_implementation_is_understood() -> None:
    request = other.Message(
        message_method=other.Method.BINDING,
        message_class=other.Class.REQUEST,
        transaction_id=TRANSACTION,
    )
    request.attributes["USERNAME"] = "there:here"
    request.attributes["PRIORITY"] = 12345
    request.attributes["ICE-CONTROLLING"] = 1 << 63
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(PASSWORD)
    message = parse_stun(bytes(request))
    assert message.verify(PASSWORD)
    assert (message.username, message.priority) == ("there:here", 12345)
    assert (message.ice_controlling, message.use_candidate) == (1 << 63, True)


def test_own_request_equals_that_of_another_implementation() -> None:
    request = other.Message(
        message_method=other.Method.BINDING,
        message_class=other.Class.REQUEST,
        transaction_id=TRANSACTION,
    )
    request.attributes["USERNAME"] = "there:here"
    request.attributes["PRIORITY"] = 12345
    request.attributes["ICE-CONTROLLED"] = 7
    request.add_message_integrity(PASSWORD)
    assert bytes(request) == build_binding_request(
        TRANSACTION, "there:here", PASSWORD, priority=12345, controlled=7
    )


@pytest.mark.parametrize("password", [None, PASSWORD])
@pytest.mark.parametrize(
    ("code", "reason"), [(400, "Bad Request"), (401, "Unauthorized"), (487, "Role Conflict")]
)
def test_error_both_ways(code: int, reason: str, password: bytes | None) -> None:
    data = build_error(TRANSACTION, code, reason, password)
    message = parse_stun(data)
    assert (message.message_class, message.error_code) == (stun.ERROR, code)
    assert message.verify(PASSWORD) is (password is not None)
    parsed = other.parse_message(data)
    assert parsed.attributes["ERROR-CODE"] == (code, reason)


def test_values_that_do_not_fit_are_refused() -> None:
    for build in (
        lambda: build_binding_success(b"short", ("192.0.2.1", 1), PASSWORD),
        lambda: build_binding_success(TRANSACTION, ("example.org", 1), PASSWORD),
        lambda: build_binding_success(TRANSACTION, ("192.0.2.1\0", 1), PASSWORD),
        lambda: build_binding_success(TRANSACTION, ("192.0.2.1", 65536), PASSWORD),
        lambda: build_error(TRANSACTION, 200, "OK"),
        lambda: build_error(TRANSACTION, 400, "x" * 128),
        lambda: build_binding_request(TRANSACTION, priority=1 << 32),
        lambda: build_binding_request(TRANSACTION, controlling=-1),
    ):
        with pytest.raises(WireError):
            build()


def look_at_everything(data: bytes) -> StunMessage:
    """Parse, then ask for every property, refusing as they do."""
    message = parse_stun(data)
    message.verify(PASSWORD)
    for name in ("username", "priority", "ice_controlling", "ice_controlled", "error_code"):
        getattr(message, name)
    assert message.xor_mapped_address is None or message.xor_mapped_address[1] <= 65535
    return message


@given(st.binary(max_size=120))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    parses_or_refuses(look_at_everything, data)


@given(
    st.integers(0, 0x3FFF),
    st.lists(
        st.tuples(
            st.sampled_from([0x1, 0x6, 0x8, 0x9, 0x20, 0x24, 0x25, 0x8028, 0x8029, 0x802A, 0x7])
            | st.integers(0, 0xFFFF),
            st.binary(max_size=30),
        ),
        max_size=12,
    ),
)
def test_any_attributes_parse_or_are_refused(
    message_type: int, attributes: list[tuple[int, bytes]]
) -> None:
    body = b"".join(
        kind.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value + bytes(-len(value) % 4)
        for kind, value in attributes
    )
    head = message_type.to_bytes(2, "big") + len(body).to_bytes(2, "big")
    parses_or_refuses(look_at_everything, head + bytes.fromhex("2112a442") + TRANSACTION + body)


@given(st.integers(0, 0xFFF), st.integers(0, 3))
def test_method_and_class_are_taken_apart(method: int, message_class: int) -> None:
    """RFC 8489 section 5, figure 3: the class's bits lie amid the method's."""
    bits = f"{method:012b}"
    letters = f"{message_class:02b}"
    joined = int("00" + bits[:5] + letters[0] + bits[5:8] + letters[1] + bits[8:], 2)
    head = joined.to_bytes(2, "big") + bytes.fromhex("0000 2112a442") + TRANSACTION
    message = parse_stun(head)
    assert (message.method, message.message_class) == (method, message_class)


@given(
    st.binary(min_size=12, max_size=12),
    st.ip_addresses(v=4) | st.ip_addresses(v=6),
    st.integers(0, 0xFFFF),
    st.binary(min_size=1, max_size=300),
)
def test_any_success_survives_the_wire(
    transaction: bytes, host: object, port: int, password: bytes
) -> None:
    message = parse_stun(build_binding_success(transaction, (str(host), port), password))
    assert message.verify(password)
    assert message.transaction_id == transaction
    assert message.xor_mapped_address is not None
    assert message.xor_mapped_address[1] == port
