"""Reading of public keys in the format of OpenSSH, and their fingerprints."""

from __future__ import annotations

import binascii
from typing import NamedTuple

from .._exceptions import InvalidArgumentError

__all__ = ["PublicKey", "read_public_key"]


class PublicKey(NamedTuple):
    """A public key."""

    text: str
    """Key as one line: type, base64, and the comment if there is one."""
    comment: str
    """Comment, empty if there is none."""
    fingerprint: str
    """MD5 fingerprint, as hexadecimal bytes separated by colons."""


def read_public_key(text: object) -> PublicKey:
    """Read a public key in the format of OpenSSH, a line such as ``ssh-ed25519 AAAA… comment``.

    :raises InvalidArgumentError: if it is none; the message does not hold the text, which may be a private key
    """
    if not isinstance(text, str):
        raise _invalid(f"it is a {type(text).__name__}, not a text")
    text = text.removeprefix("\ufeff")  # byte order mark of a file of Windows
    if "PRIVATE KEY" in text:
        raise _invalid("it is a private key; pass the content of the file that ends in .pub")
    if len(text.strip().splitlines()) != 1:
        raise _invalid("it is not one line")
    key_type, encoded, comment = [*text.strip().split(maxsplit=2), "", ""][:3]
    try:
        blob = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:  # not base64, or not ASCII
        blob = b""
    if not blob:
        raise _invalid("its second word is not base64")
    fields = _fields(blob)
    if fields is None or len(fields) < 2:
        raise _invalid("its second word is truncated, or not a key")
    if fields[0] != key_type.encode():
        raise _invalid("its first word is not the type of the key")
    from hashlib import md5

    digest = md5(blob, usedforsecurity=False).hexdigest()
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
    return PublicKey(" ".join(filter(None, (key_type, encoded, comment))), comment, fingerprint)


def _fields(blob: bytes) -> list[bytes] | None:
    """Return the strings of a key, each of which follows its length; None if they do not fill ``blob`` exactly."""
    fields: list[bytes] = []
    position = 0
    while position < len(blob):
        start = position + 4
        position = start + int.from_bytes(blob[position:start], "big")
        fields.append(blob[start:position])
    return fields if position == len(blob) else None


def _invalid(problem: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"public_key must be a public key in the format of OpenSSH, but {problem}")
