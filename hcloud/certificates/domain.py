from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from ..actions import BoundAction, WaitsForActions
from ..core import BaseDomain, Link, Nested, Resource, ResourceSort, Timestamp, record

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
    """A resource that uses a certificate."""

    id: int
    type: str
    """What it is, such as ``load_balancer``."""


@record
class ManagedCertificateError(BaseDomain):
    """Why a managed certificate could not be issued or renewed."""

    code: str | None = None
    """What went wrong, in a word for programs."""
    message: str | None = None
    """What went wrong, in words."""


@record
class ManagedCertificateStatus(BaseDomain):
    """How far a managed certificate is."""

    issuance: CertificateIssuance | None = None
    """How its issuance went."""
    renewal: CertificateRenewal | None = None
    """How its renewal goes; ``unavailable`` until it is issued."""
    error: Nested[ManagedCertificateError | None] = Nested(ManagedCertificateError)
    """Why one of the two failed; None if neither did."""


@record
class Certificate(Resource):
    """A TLS certificate for load balancers. See "Certificates" in the API reference."""

    TYPE_UPLOADED: ClassVar[CertificateType] = "uploaded"
    TYPE_MANAGED: ClassVar[CertificateType] = "managed"

    certificate: str | None = None
    """The certificate and those that vouch for it, in PEM format; None until a managed one is issued."""
    not_valid_before: Timestamp = Timestamp()
    """From when on it is valid."""
    not_valid_after: Timestamp = Timestamp()
    """Until when it is valid."""
    domain_names: list[str] | None = None
    """The domains that it is for."""
    fingerprint: str | None = None
    """SHA-256 hash of the certificate: pairs of hexadecimal digits with colons between."""
    created: Timestamp = Timestamp()
    """When it was created."""
    labels: dict[str, str] | None = None
    """Keys and values of the project's own."""
    type: CertificateType | None = None
    """``uploaded`` by the project, or ``managed``: issued and renewed by Hetzner."""
    status: Nested[ManagedCertificateStatus | None] = Nested(ManagedCertificateStatus)
    """How far it is; None if it was uploaded."""
    used_by: list[CertificateUser] | None = None
    """The resources that use it."""


@record
class CreateManagedCertificateResponse(BaseDomain, WaitsForActions):
    """A new managed certificate, and the action that has it issued."""

    certificate: Link[BoundCertificate] = Link("certificates", complete=True)
    """The certificate, not issued yet."""
    action: Link[BoundAction | None] = Link("actions", complete=True)
    """The action that has it issued, if there is one."""
