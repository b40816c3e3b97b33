from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..actions import ActionSort, ActionsPageResult, ActionStatus, BoundAction, HasActions, HasBoundActions
from ..core import HasNames, Meta, bound, endpoint, every_page
from .domain import Certificate, CertificateSort, CertificateType, CreateManagedCertificateResponse

__all__ = ["BoundCertificate", "CertificatesClient", "CertificatesPageResult"]


class CertificatesPageResult(NamedTuple):
    certificates: list[BoundCertificate]
    meta: Meta


class CertificatesClient(HasActions, HasNames["BoundCertificate"]):
    """The certificates of a project."""

    _base_url = "/certificates"

    @endpoint("GET /certificates")
    def get_list(
        self,
        name: str | None = None,
        label_selector: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
        *,
        type: Sequence[CertificateType] | None = None,
        sort: Sequence[CertificateSort] | None = None,
    ) -> CertificatesPageResult:
        """Return a page of certificates."""

    get_all: Final = every_page(get_list)

    @endpoint("POST /certificates", body={"type": "uploaded"})
    def create(
        self, name: str, certificate: str, private_key: str, labels: dict[str, str] | None = None
    ) -> BoundCertificate:
        """Upload a certificate.

        :param certificate: Certificate and its chain in PEM format; each certificate is followed by its issuer
        :param private_key: Private key of the certificate in PEM format
        """

    @endpoint("POST /certificates", body={"type": "managed"})
    def create_managed(
        self, name: str, domain_names: list[str], labels: dict[str, str] | None = None
    ) -> CreateManagedCertificateResponse:
        """Request a certificate from Let's Encrypt, which Hetzner renews automatically.

        :param domain_names: Domains of the certificate; Hetzner DNS must serve them
        """

    @endpoint("PUT /certificates/{certificate.id}")
    def update(
        self, certificate: Certificate | int, name: str | None = None, labels: dict[str, str] | None = None
    ) -> BoundCertificate:
        """Change the certificate's name or labels."""

    @endpoint("DELETE /certificates/{certificate.id}")
    def delete(self, certificate: Certificate | int) -> bool:
        """Delete the certificate; it must not be in use."""

    @endpoint("GET /certificates/{certificate.id}/actions")
    def get_actions_list(
        self,
        certificate: Certificate | int,
        status: Sequence[ActionStatus] | None = None,
        sort: Sequence[ActionSort] | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ActionsPageResult:
        """Return a page of the actions on the certificate; only managed certificates have actions."""

    get_actions: Final = every_page(get_actions_list)

    @endpoint("POST /certificates/{certificate.id}/actions/retry")
    def retry_issuance(self, certificate: Certificate | int) -> BoundAction:
        """Retry the issuance or renewal of a managed certificate after a failure."""


class BoundCertificate(HasBoundActions[Certificate], Certificate, collection="certificates", key="certificate"):
    get_actions_list: Final = bound(CertificatesClient.get_actions_list)
    get_actions: Final = bound(CertificatesClient.get_actions)
    update: Final = bound(CertificatesClient.update)
    delete: Final = bound(CertificatesClient.delete)
    retry_issuance: Final = bound(CertificatesClient.retry_issuance)
