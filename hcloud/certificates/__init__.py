"""Certificates: what load balancers prove with who they are."""

from __future__ import annotations

from .client import BoundCertificate, CertificatesClient, CertificatesPageResult
from .domain import (
    Certificate,
    CertificateIssuance,
    CertificateRenewal,
    CertificateSort,
    CertificateType,
    CertificateUser,
    CreateManagedCertificateResponse,
    ManagedCertificateError,
    ManagedCertificateStatus,
)

__all__ = [
    "BoundCertificate",
    "Certificate",
    "CertificateIssuance",
    "CertificateRenewal",
    "CertificateSort",
    "CertificateType",
    "CertificateUser",
    "CertificatesClient",
    "CertificatesPageResult",
    "CreateManagedCertificateResponse",
    "ManagedCertificateError",
    "ManagedCertificateStatus",
]
