"""Certificates."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from hcloud.testing import x509
from hcloud.testing.clock import iso
from hcloud.testing.error_responses import ErrorResponse, invalid, invalid_fields
from hcloud.testing.listing import Filter, Filters, Names
from hcloud.testing.resource import Body, FakeResource, action, operation
from hcloud.testing.schema import Labels, Length, Name, Pattern, Record, Ref

__all__ = ["CertificateRef", "Certificates"]

CertificateRef = Annotated[Record, Ref("certificates", names=False)]
DomainName = Annotated[
    str,
    Length(1, 253),
    Pattern(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", "is not a valid domain name"),
]

_NINETY_DAYS = 90 * 86_400.0
_MISSING = ["missing required field"]


class Certificates(FakeResource):
    """Certificates: uploaded ones are read, managed ones are issued after a while.

    The action of the first issuance is ``create_certificate``, that of a retry ``issue_certificate``.
    """

    collection = "certificates"
    singular = "certificate"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("type", ("uploaded", "managed"), many=True))
    labelled = True
    acting = True

    @operation("POST /")
    def create(
        self,
        *,
        name: Name,
        type: Literal["uploaded", "managed"] = "uploaded",
        certificate: str | None = None,
        private_key: str | None = None,
        domain_names: Annotated[list[DomainName], Length(1, 100)] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Upload one, or have one issued."""
        record: Record = {
            "id": self.new_id(),
            "name": name,
            "labels": labels or {},
            "type": type,
            "certificate": None,
            "created": self.now,
            "not_valid_before": None,
            "not_valid_after": None,
            "domain_names": [],
            "fingerprint": None,
            "status": None,
            "used_by": [],
        }
        if type == "uploaded":
            record.update(self._uploaded(certificate, private_key))
            return {"certificate": self.add(record), "action": None}
        if domain_names is None:
            raise invalid("domain_names", *_MISSING)
        record["domain_names"] = domain_names
        return {"certificate": self.add(record), "action": self._issue(record, "create_certificate")}

    @operation("PUT /{id}")
    def update(self, certificate: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Rename or label it."""
        return {"certificate": self.change(certificate, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, certificate: Record) -> None:
        """Delete one that nothing uses."""
        if certificate["used_by"]:
            raise ErrorResponse("resource_in_use", "certificate is still in use")
        self.remove(certificate)

    @action()
    def retry(self, certificate: Record) -> Body:
        """Try again to have a managed one issued."""
        if certificate["type"] != "managed" or certificate["status"]["issuance"] != "failed":
            raise ErrorResponse("unsupported_error", "only a managed certificate whose issuance failed can be retried")
        return {"action": self._issue(certificate, "issue_certificate")}

    def _uploaded(self, certificate: str | None, private_key: str | None) -> Record:
        """What an uploaded certificate says."""
        given = {"certificate": certificate, "private_key": private_key}
        if missing := {field: _MISSING for field, value in given.items() if not value}:
            raise invalid_fields(missing)
        assert certificate is not None
        assert private_key is not None
        try:
            said = x509.read(certificate)
        except ValueError:
            raise invalid("certificate", "is not a valid certificate") from None
        if not x509.fits(certificate, private_key):
            raise invalid("private_key", "is not the private key of the certificate")
        return {"certificate": certificate, **self._said(said)}

    def _said(self, said: x509.ParsedCertificate) -> Record:
        return {
            "not_valid_before": iso(said.not_valid_before),
            "not_valid_after": iso(said.not_valid_after),
            "domain_names": said.domain_names,
            "fingerprint": said.fingerprint,
        }

    def _issue(self, certificate: Record, command: str) -> Record:
        certificate["status"] = {"issuance": "pending", "renewal": "unavailable", "error": None}
        failed = partial(self._failed, certificate)
        return self.start_action(certificate, command, self._issued, certificate, otherwise=failed, seconds=30)

    def _issued(self, certificate: Record) -> None:
        now = self.project.cloud.clock.time()
        text = x509.make(certificate["domain_names"], now, now + _NINETY_DAYS, self.new_id())
        certificate.update(certificate=text, **self._said(x509.read(text)))
        certificate["status"] = {"issuance": "completed", "renewal": "scheduled", "error": None}

    def _failed(self, certificate: Record) -> None:
        *_, last = self.project.actions.of(self.singular, certificate["id"])
        certificate["status"] = {"issuance": "failed", "renewal": "unavailable", "error": last["error"]}
