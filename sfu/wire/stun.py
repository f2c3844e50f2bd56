"""STUN messages as ICE uses them (RFC 8489, RFC 8445 section 7).

Only what a server of connectivity checks needs: binding requests, their answers, short-term
credentials. Attributes are kept as bytes; the properties decode the ones ICE defines.
"""

from __future__ import annotations

from hmac import compare_digest
from hmac import digest as hmac_digest
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from struct import Struct
from struct import error as struct_error
from zlib import crc32

from sfu.wire.errors import WireError

BINDING = 0x001

REQUEST = 0
INDICATION = 1
SUCCESS = 2
ERROR = 3

MAPPED_ADDRESS = 0x0001
USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
SOFTWARE = 0x8022
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029
ICE_CONTROLLING = 0x802A

MAGIC_COOKIE = 0x2112A442
HEADER_SIZE = 20

_HEADER = Struct("!HHI12s")
_ATTRIBUTE = Struct("!HH")
_U16 = Struct("!H")
_U32 = Struct("!I")
_INTEGRITY_SIZE = 24
_FINGERPRINT_SIZE = 8
_FINGERPRINT_XOR = 0x5354554E
_COOKIE_BYTES = _U32.pack(MAGIC_COOKIE)


class StunMessage:
    """One parsed message.

    ``attributes`` maps type to value, the first where a type occurs twice (RFC 8489 section 14).
    What follows MESSAGE-INTEGRITY is not in it, as nothing vouches for it (section 14.5).
    """

    __slots__ = (
        "_fingerprint_at",
        "_integrity_at",
        "attributes",
        "message_class",
        "method",
        "raw",
        "transaction_id",
    )

    def __init__(
        self,
        method: int,
        message_class: int,
        transaction_id: bytes,
        attributes: dict[int, bytes],
        raw: bytes,
        integrity_at: int,
        fingerprint_at: int,
    ) -> None:
        """
        :param method: 0..0xFFF, `BINDING` for ICE
        :param message_class: `REQUEST`, `INDICATION`, `SUCCESS` or `ERROR`
        :param transaction_id: 12 bytes
        :param raw: the whole message
        :param integrity_at: where MESSAGE-INTEGRITY starts in ``raw``, 0 if there is none
        :param fingerprint_at: where FINGERPRINT starts in ``raw``, 0 if there is none
        """
        self.method = method
        self.message_class = message_class
        self.transaction_id = transaction_id
        self.attributes = attributes
        self.raw = raw
        self._integrity_at = integrity_at
        self._fingerprint_at = fingerprint_at

    @property
    def username(self) -> str | None:
        """``receiver's ufrag:sender's ufrag`` in a check. Raises `WireError` if it is no UTF-8."""
        value = self.attributes.get(USERNAME)
        if value is None:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise WireError("STUN username is not UTF-8") from error

    @property
    def priority(self) -> int | None:
        """Priority of a peer-reflexive candidate, 32 bits. Raises `WireError`."""
        return self._integer(PRIORITY, 4)

    @property
    def use_candidate(self) -> bool:
        """Whether the check nominates (RFC 8445 section 7.1.2)."""
        return USE_CANDIDATE in self.attributes

    @property
    def ice_controlling(self) -> int | None:
        """The tie-breaker, 64 bits, of an agent that controls. Raises `WireError`."""
        return self._integer(ICE_CONTROLLING, 8)

    @property
    def ice_controlled(self) -> int | None:
        """The tie-breaker, 64 bits, of an agent that is controlled. Raises `WireError`."""
        return self._integer(ICE_CONTROLLED, 8)

    @property
    def xor_mapped_address(self) -> tuple[str, int] | None:
        """Address and port (RFC 8489 section 14.2). Raises `WireError`."""
        value = self.attributes.get(XOR_MAPPED_ADDRESS)
        return None if value is None else _decode_address(value, self.transaction_id)

    @property
    def error_code(self) -> int | None:
        """300..699 (RFC 8489 section 14.8). Raises `WireError`."""
        value = self.attributes.get(ERROR_CODE)
        if value is None:
            return None
        if len(value) < 4 or not 3 <= value[2] & 7 <= 6 or value[3] > 99:
            raise WireError("STUN error code malformed")
        return (value[2] & 7) * 100 + value[3]

    def verify(self, password: bytes) -> bool:
        """Whether MESSAGE-INTEGRITY is there and made with ``password``, and FINGERPRINT, if
        there is one, is right (RFC 8489 sections 14.5 and 14.7)."""
        at = self._integrity_at
        if not at or not self.verify_fingerprint():
            return False
        expected = _integrity(self.raw[:at], password)
        return compare_digest(expected, self.raw[at + 4 : at + _INTEGRITY_SIZE])

    def verify_fingerprint(self) -> bool:
        """Whether FINGERPRINT is right or absent."""
        at = self._fingerprint_at
        if not at:
            return True
        found: int = _U32.unpack_from(self.raw, at + 4)[0]
        return found == crc32(self.raw[:at]) ^ _FINGERPRINT_XOR

    def _integer(self, attribute: int, size: int) -> int | None:
        value = self.attributes.get(attribute)
        if value is None:
            return None
        if len(value) != size:
            raise WireError(f"STUN attribute {attribute:#06x} of {len(value)} bytes")
        return int.from_bytes(value, "big")


def parse_stun(data: bytes) -> StunMessage:
    """The message that ``data`` is, neither more nor less. Raises `WireError`.

    Credentials are not looked at; `StunMessage.verify` does that.
    """
    if len(data) < HEADER_SIZE:
        raise WireError("STUN message shorter than its header")
    message_type, length, cookie, transaction_id = _HEADER.unpack_from(data)
    if message_type > 0x3FFF or cookie != MAGIC_COOKIE:
        raise WireError("not a STUN message")
    if length % 4 or length != len(data) - HEADER_SIZE:
        raise WireError("STUN length does not match the datagram")
    attributes, integrity_at, fingerprint_at = _parse_attributes(data)
    return StunMessage(
        (message_type & 0x0F) | (message_type & 0xE0) >> 1 | (message_type & 0x3E00) >> 2,
        (message_type & 0x10) >> 4 | (message_type & 0x100) >> 7,
        transaction_id,
        attributes,
        data,
        integrity_at,
        fingerprint_at,
    )


def _parse_attributes(data: bytes) -> tuple[dict[int, bytes], int, int]:
    """Attributes up to MESSAGE-INTEGRITY, where that starts, and where FINGERPRINT starts."""
    attributes: dict[int, bytes] = {}
    integrity_at = fingerprint_at = 0
    position, size = HEADER_SIZE, len(data)
    while position < size:
        attribute, length = _ATTRIBUTE.unpack_from(data, position)
        start = position + 4
        following = start + length + (-length & 3)
        if following > size:
            raise WireError("STUN attribute beyond the message's end")
        if attribute == FINGERPRINT:
            if length != 4 or following != size:
                raise WireError("STUN fingerprint malformed or not last")
            fingerprint_at = position
        elif integrity_at:
            pass  # RFC 8489 section 14.5: ignored, as it is not protected
        elif attribute == MESSAGE_INTEGRITY:
            if length != 20:
                raise WireError("STUN message integrity malformed")
            integrity_at = position
        elif attribute not in attributes:
            attributes[attribute] = data[start : start + length]
        position = following
    return attributes, integrity_at, fingerprint_at


def build_binding_success(
    transaction_id: bytes, address: tuple[str, int], password: bytes
) -> bytes:
    """The answer to a check that came from ``address`` (RFC 8445 section 7.3).

    Raises `WireError` if ``address`` is no IPv4 or IPv6 address and port.
    """
    mapped = _encode_address(address, transaction_id)
    return _seal(0x0101, transaction_id, _attribute(XOR_MAPPED_ADDRESS, mapped), password)


def build_error(
    transaction_id: bytes, code: int, reason: str, password: bytes | None = None
) -> bytes:
    """An error answer to a binding request: ``code`` 300..699, ``reason`` at most 127
    characters (RFC 8489 section 14.8); without integrity where ``password`` is None, as for
    400 and 401. Raises `WireError`."""
    if not 300 <= code <= 699 or len(reason) > 127:
        raise WireError(f"STUN error code {code}")
    value = bytes((0, 0, code // 100, code % 100)) + reason.encode()
    return _seal(0x0111, transaction_id, _attribute(ERROR_CODE, value), password)


def build_binding_request(
    transaction_id: bytes,
    username: str | None = None,
    password: bytes | None = None,
    *,
    priority: int | None = None,
    use_candidate: bool = False,
    controlling: int | None = None,
    controlled: int | None = None,
) -> bytes:
    """A connectivity check (RFC 8445 section 7.1), or a bare binding request of a STUN client.

    :param username: ``receiver's ufrag:sender's ufrag``
    :param password: the receiver's; None leaves MESSAGE-INTEGRITY out
    :param priority: 32 bits
    :param controlling: tie-breaker, 64 bits
    :param controlled: tie-breaker, 64 bits
    """
    try:
        parts = [
            b"" if username is None else _attribute(USERNAME, username.encode()),
            b"" if priority is None else _attribute(PRIORITY, priority.to_bytes(4, "big")),
            _attribute(USE_CANDIDATE, b"") if use_candidate else b"",
            b"" if controlling is None else _tie_breaker(ICE_CONTROLLING, controlling),
            b"" if controlled is None else _tie_breaker(ICE_CONTROLLED, controlled),
        ]
    except OverflowError as error:
        raise WireError("STUN attribute value out of range") from error
    return _seal(0x0001, transaction_id, b"".join(parts), password)


def _tie_breaker(attribute: int, value: int) -> bytes:
    return _attribute(attribute, value.to_bytes(8, "big"))


def _attribute(attribute: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(attribute, len(value)) + value + bytes(-len(value) & 3)


def _seal(
    message_type: int, transaction_id: bytes, attributes: bytes, password: bytes | None
) -> bytes:
    """The message with integrity (where there is a password) and fingerprint appended."""
    if len(transaction_id) != 12:
        raise WireError("STUN transaction id is not 12 bytes")
    size = len(attributes)
    if password is not None:
        size += _INTEGRITY_SIZE
    message = _HEADER.pack(message_type, size, MAGIC_COOKIE, transaction_id) + attributes
    if password is not None:
        message += b"\x00\x08\x00\x14" + hmac_digest(password, message, "sha1")
    message = message[:2] + _U16.pack(size + _FINGERPRINT_SIZE) + message[4:]
    return message + b"\x80\x28\x00\x04" + _U32.pack(crc32(message) ^ _FINGERPRINT_XOR)


def _integrity(prefix: bytes, password: bytes) -> bytes:
    """HMAC-SHA1 of what precedes MESSAGE-INTEGRITY, as if the message ended with it."""
    length = _U16.pack(len(prefix) + _INTEGRITY_SIZE - HEADER_SIZE)
    return hmac_digest(password, prefix[:2] + length + prefix[4:], "sha1")


def _xor(value: bytes, transaction_id: bytes) -> bytes:
    mask = (_COOKIE_BYTES + transaction_id)[: len(value)]
    number = int.from_bytes(value, "big") ^ int.from_bytes(mask, "big")
    return number.to_bytes(len(value), "big")


def _encode_address(address: tuple[str, int], transaction_id: bytes) -> bytes:
    host, port = address
    family, code = (AF_INET6, 2) if ":" in host else (AF_INET, 1)
    try:
        packed = inet_pton(family, host)
        head = bytes((0, code)) + _U16.pack(port ^ (MAGIC_COOKIE >> 16))
    except (OSError, ValueError, struct_error) as error:
        raise WireError("not an IP address and port") from error
    return head + _xor(packed, transaction_id)


def _decode_address(value: bytes, transaction_id: bytes) -> tuple[str, int]:
    family = {(8, 1): AF_INET, (20, 2): AF_INET6}.get((len(value), value[1] if value[1:] else 0))
    if family is None:
        raise WireError("STUN address malformed")
    port = int.from_bytes(value[2:4], "big") ^ (MAGIC_COOKIE >> 16)
    return inet_ntop(family, _xor(value[4:], transaction_id)), port
