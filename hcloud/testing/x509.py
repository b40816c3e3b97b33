"""Minimal X.509 reader and writer: names and validity of a certificate, and certificates that can be read.

Uploaded certificates are verified by OpenSSL through :mod:`ssl`, which does not give access to their content.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["ParsedCertificate", "fits", "make", "read"]

_SEQUENCE, _SET, _INTEGER, _BITS, _OCTETS, _OID, _UTF8, _TIME = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0C, 0x18
_VERSION, _EXTENSIONS, _DNS_NAME = 0xA0, 0xA3, 0x82
_COMMON_NAME = bytes.fromhex("550403")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")
_EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
_P256 = bytes.fromhex("2a8648ce3d030107")
_ECDSA_WITH_SHA256 = bytes.fromhex("2a8648ce3d040302")
# The generator of the curve: a public key that every reader accepts.
_POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


@dataclass(frozen=True)
class ParsedCertificate:
    """Content of a certificate. Times are in seconds since 1970; the fingerprint is SHA-256."""

    domain_names: list[str]
    not_valid_before: float
    not_valid_after: float
    fingerprint: str


def fits(certificate: str, private_key: str) -> bool:
    """Return True if OpenSSL accepts a certificate chain and a private key, both in PEM, as a pair."""
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain"), Path(folder, "key")
        chain.write_text(certificate, encoding="utf-8")
        key.write_text(private_key, encoding="utf-8")
        try:
            # Without a password OpenSSL would ask for the one of an encrypted key on the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
        except (OSError, ValueError):
            return False
    return True


def read(certificate: str) -> ParsedCertificate:
    """Parse the first certificate of a PEM chain.

    :raises ValueError: if the certificate cannot be parsed
    """
    start = certificate.find(ssl.PEM_HEADER)
    end = certificate.find(ssl.PEM_FOOTER, start)
    if start < 0 or end < 0:
        raise ValueError("there is no certificate in it")
    try:
        der = ssl.PEM_cert_to_DER_cert(certificate[start : end + len(ssl.PEM_FOOTER)] + "\n")
        ((_, signed),) = _elements(der)
        (_, body), *_ = _elements(signed)
        parts = list(_elements(body))
        _, _, _, (_, validity), (_, subject), *rest = parts[1:] if parts[0][0] == _VERSION else parts
        before, after = (_moment(tag, content) for tag, content in _elements(validity))
        names = next((list(_alternative_names(content)) for tag, content in rest if tag == _EXTENSIONS), [])
        return ParsedCertificate(names or list(_common_names(subject)), before, after, _fingerprint(der))
    except (IndexError, ValueError) as error:
        raise ValueError("it is no X.509 certificate") from error


def make(domain_names: Sequence[str], not_before: float, not_after: float, serial: int) -> str:
    """Return a certificate in PEM that can be parsed, but not used: its signature is invalid and it has no private key.

    :param not_before: Start of the validity, in seconds since 1970
    :param not_after: End of the validity, in seconds since 1970
    """
    algorithm = _element(_SEQUENCE, _element(_OID, _ECDSA_WITH_SHA256))
    alternatives = _element(_SEQUENCE, *(_element(_DNS_NAME, name.encode("ascii")) for name in domain_names))
    extension = _element(_SEQUENCE, _element(_OID, _ALTERNATIVE_NAMES), _element(_OCTETS, alternatives))
    curve = _element(_SEQUENCE, _element(_OID, _EC_PUBLIC_KEY), _element(_OID, _P256))
    body = _element(
        _SEQUENCE,
        _element(_VERSION, _integer(2)),
        _integer(serial),
        algorithm,
        _name("Fake Certificate Authority"),
        _element(_SEQUENCE, _time(not_before), _time(not_after)),
        _name(domain_names[0]),
        _element(_SEQUENCE, curve, _element(_BITS, b"\0", _POINT)),
        _element(_EXTENSIONS, _element(_SEQUENCE, extension)),
    )
    half = int.from_bytes(hashlib.sha256(body).digest(), "big")
    signature = _element(_BITS, b"\0", _element(_SEQUENCE, _integer(half), _integer(half)))
    return ssl.DER_cert_to_PEM_cert(_element(_SEQUENCE, body, algorithm, signature))


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tags and contents of the DER elements."""
    position = 0
    while position < len(der):
        tag, length = der[position], der[position + 1]
        position += 2
        if length & 0x80:
            digits = length & 0x7F
            length = int.from_bytes(der[position : position + digits], "big")
            position += digits
        if position + length > len(der):
            raise ValueError("the DER element is truncated")
        yield tag, der[position : position + length]
        position += length


def _moment(tag: int, content: bytes) -> float:
    text = content.decode("ascii")
    if tag != _TIME:  # UTCTime: two digits of the year, from 1950 on
        text = ("19" if text[0] in "56789" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _common_names(name: bytes) -> Iterator[str]:
    for _, parts in _elements(name):
        for _, part in _elements(parts):
            (_, oid), (_, value) = _elements(part)
            if oid == _COMMON_NAME:
                yield value.decode()


def _alternative_names(extensions: bytes) -> Iterator[str]:
    ((_, sequence),) = _elements(extensions)
    for _, extension in _elements(sequence):
        (_, oid), *_, (_, value) = _elements(extension)
        if oid == _ALTERNATIVE_NAMES:
            ((_, names),) = _elements(value)
            yield from (name.decode("ascii") for tag, name in _elements(names) if tag == _DNS_NAME)


def _fingerprint(der: bytes) -> str:
    digest = hashlib.sha256(der).hexdigest()
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2))


def _element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + content


def _integer(number: int) -> bytes:
    return _element(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _name(name: str) -> bytes:
    part = _element(_SEQUENCE, _element(_OID, _COMMON_NAME), _element(_UTF8, name.encode()))
    return _element(_SEQUENCE, _element(_SET, part))


def _time(moment: float) -> bytes:
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H%M%SZ")
    return _element(_TIME, text.encode())
