"""Certificates: reading and checking uploaded ones, and issuing managed ones. It needs ``cryptography``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import pairwise

from .extra import needed_for

with needed_for("the fake of certificates", "cryptography"):
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )
    from cryptography.x509.oid import NameOID

__all__ = ["IssuedCertificate", "ParsedCertificate", "check_key", "check_order", "issue", "load_chain", "parse"]

# Errors of the parser of certificates. Most are ValueErrors, but not all.
_PARSE_ERRORS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_MAX_COMMON_NAME = 64
_AUTHORITY_NAME = "Fake Certificate Authority"


@dataclass(frozen=True)
class ParsedCertificate:
    """Content of a certificate. Times are in seconds since 1970; the fingerprint is SHA-256."""

    domain_names: list[str]
    not_valid_before: float
    not_valid_after: float
    fingerprint: str


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate with that of its authority, and its private key; both in PEM."""

    chain: str
    private_key: str


def load_chain(text: str) -> list[x509.Certificate]:
    """Load the certificates of a chain in PEM. Text between them is ignored.

    :raises ValueError: if there is none, or one cannot be parsed
    """
    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except _PARSE_ERRORS as error:
        raise ValueError("it is no X.509 certificate") from error
    if text.count("-----BEGIN CERTIFICATE-----") != len(chain):  # the parser ignores a truncated one at the end
        raise ValueError("a certificate is truncated")
    return chain


def check_order(chain: Sequence[x509.Certificate]) -> None:
    """Check that each certificate of a chain is issued by the next one.

    :raises ValueError: if one is not
    """
    for number, (certificate, issuer) in enumerate(pairwise(chain), 1):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (*_PARSE_ERRORS, InvalidSignature) as error:
            raise ValueError(f"certificate {number} is not issued by certificate {number + 1}") from error


def check_key(certificate: x509.Certificate, private_key: str) -> None:
    """Check that a private key in PEM, without a password, is that of a certificate.

    :raises ValueError: if it is not
    """
    try:
        # The full check of an RSA key takes more than a second. A key with the public part of the certificate will do.
        key = load_pem_private_key(private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
        fits = _public(key) == _public(certificate)
    except TypeError as error:
        raise ValueError("must not be encrypted") from error
    except _PARSE_ERRORS as error:
        raise ValueError("is not a valid private key in PEM") from error
    if not fits:
        raise ValueError("is not the private key of the certificate")


def _public(owner: object) -> bytes:
    """Return the public key of a private key or a certificate."""
    public_key: bytes = owner.public_key().public_bytes(  # type: ignore[attr-defined]
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return public_key


def parse(certificate: x509.Certificate) -> ParsedCertificate:
    """Return the content of a certificate.

    :raises ValueError: if a part of it cannot be parsed
    """
    try:
        names = _alternative_names(certificate) or [
            str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        ]
        return ParsedCertificate(
            names,
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            certificate.fingerprint(SHA256()).hex(":"),
        )
    except _PARSE_ERRORS as error:
        raise ValueError("it is no X.509 certificate") from error


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


@cache
def _authority() -> tuple[ed25519.Ed25519PrivateKey, x509.Certificate]:
    """Return the key and the certificate of the authority that issues all certificates.

    Its signatures by Ed25519 are deterministic, so equal clouds issue equal certificates.
    """
    key = ed25519.Ed25519PrivateKey.from_private_bytes(sha256(_AUTHORITY_NAME.encode()).digest())
    name = _name(_AUTHORITY_NAME)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), serial_number=1)
        .not_valid_before(datetime(1970, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return key, builder.sign(key, None)


def issue(domain_names: Sequence[str], not_before: float, not_after: float, serial: int) -> IssuedCertificate:
    """Issue a certificate for the key of the curve P-256 that belongs to its serial number.

    :param not_before: Start of the validity, in seconds since 1970
    :param not_after: End of the validity, in seconds since 1970
    """
    authority_key, authority = _authority()
    seed = sha256(f"{_AUTHORITY_NAME} {serial}".encode()).digest()
    key = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(authority.subject, _name(domain_names[0]), key.public_key(), serial)
        .not_valid_before(datetime.fromtimestamp(int(not_before), UTC))
        .not_valid_after(datetime.fromtimestamp(int(not_after), UTC))
        .add_extension(x509.SubjectAlternativeName(map(x509.DNSName, domain_names)), critical=False)
    )
    chain = (builder.sign(authority_key, None), authority)
    return IssuedCertificate(
        "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in chain),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _name(common_name: str) -> x509.Name:
    # A common name has at most 64 characters; a longer domain name is an alternative name only.
    fits = len(common_name) <= _MAX_COMMON_NAME
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if fits else [])
