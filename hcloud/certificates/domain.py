from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from ..actions import BoundAction, WaitsForActions
from ..core import Always, BaseDomain, Link, Nested, Received, Resource, ResourceSort, Timestamp, record

if TYPE_CHECKING:
    from .client import BoundCertificate

__all__ = [
    "Certificate",
    "CertificateIssuance",
    "CertificateRenewal",
    "CertificateSort",
    "CertificateType",
    "CertificateUser",
    "CreateManagedCertificateResponse",
    "ManagedCertificateError",
    "ManagedCertificateStatus",
]

CertificateIssuance = Literal["pending", "completed", "failed"]
CertificateRenewal = Literal["scheduled", "pending", "failed", "unavailable"]
CertificateSort = ResourceSort
CertificateType = Literal["uploaded", "managed"]


class CertificateUser(TypedDict):
    """Reference to a resource that uses a certificate."""

    id: int
    """ID of the resource."""
    type: str
    """Type of the resource, such as ``load_balancer``."""


@record
class ManagedCertificateError(BaseDomain, Received):
    """Reason for the failure of an issuance or renewal."""

    code: str | None = None
    """Error code, for programs."""
    message: str | None = None
    """Error message, for people."""


@record
class ManagedCertificateStatus(BaseDomain, Received):
    """Status of the issuance and renewal of a managed certificate."""

    issuance: CertificateIssuance | None = None
    """Status of the issuance: ``pending``, ``completed`` or ``failed``."""
    renewal: CertificateRenewal | None = None
    """Status of the renewal: ``scheduled``, ``pending``, ``failed``, or ``unavailable`` before the issuance."""
    error: Nested[ManagedCertificateError | None] = Nested(ManagedCertificateError)
    """Reason for the failure; None if neither the issuance nor the renewal failed."""


@record
class Certificate(Resource, shown=("type", "domain_names", "not_valid_after")):
    """A TLS certificate for load balancers. See "Certificates" in the API reference."""

    TYPE_UPLOADED: ClassVar[Literal["uploaded"]] = "uploaded"
    """Type of a certificate that the user uploaded."""
    TYPE_MANAGED: ClassVar[Literal["managed"]] = "managed"
    """Type of a certificate that Hetzner issues and renews."""

    certificate: str | None = None
    """Certificate and its chain in PEM format; None for a managed certificate that is not issued yet."""
    not_valid_before: Timestamp[datetime | None] = Timestamp()
    """Start of the validity period, UTC."""
    not_valid_after: Timestamp[datetime | None] = Timestamp()
    """End of the validity period, UTC."""
    domain_names: Always[list[str]] = Always()
    """Domains that the certificate covers."""
    fingerprint: str | None = None
    """SHA-256 fingerprint of the certificate, as hexadecimal bytes separated by colons."""
    created: Timestamp[datetime] = Timestamp()
    """Time of creation, UTC."""
    labels: Always[dict[str, str]] = Always()
    """Labels (keys and values) set by the user."""
    type: CertificateType | None = None
    """Type: ``uploaded`` by the user, or ``managed``, issued and renewed by Hetzner."""
    status: Nested[ManagedCertificateStatus | None] = Nested(ManagedCertificateStatus)
    """Status of issuance and renewal; None for an uploaded certificate."""
    used_by: Always[list[CertificateUser]] = Always()
    """Resources that use the certificate."""


@record
class CreateManagedCertificateResponse(BaseDomain, Received, WaitsForActions):
    """A new managed certificate, and the action that issues it."""

    certificate: Link[BoundCertificate] = Link("certificates", complete=True)
    """New certificate, not issued yet."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """Action that issues the certificate."""
