"""Certificates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from ..clock import iso
from ..error_responses import ErrorResponse, invalid, invalid_fields
from ..listing import Filter, Filters, Names
from ..resource import Body, FakeResource, action, on_event, operation
from ..schema import Labels, Length, MaxBytes, Name, Pattern, Record, Ref, Validator

if TYPE_CHECKING:
    from .. import x509

__all__ = ["CertificateRef", "Certificates"]

CertificateRef = Annotated[Record, Ref("certificates", names=False)]
DomainName = Annotated[
    str,
    Length(1, 253),
    Pattern(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", "is not a valid domain name"),
]

MAX_CHAIN = 5
_DAY = 86_400.0
_VALIDITY = 90 * _DAY
_RENEWAL_INTERVAL = 60 * _DAY


def _check_chain(text: str) -> list[str]:
    too_long = text.count("-----BEGIN CERTIFICATE-----") > MAX_CHAIN
    return [f"must be a chain of {MAX_CHAIN} certificates at most"] if too_long else []


Chain = Annotated[str, MaxBytes(30_000), Validator(_check_chain)]
PrivateKey = Annotated[str, MaxBytes(5_000)]


class Certificates(FakeResource):
    """Certificates: uploaded ones are parsed, managed ones are issued after a while, and renewed as time passes.

    The first issuance is the action ``create_certificate``, a retry is ``issue_certificate``. What follows is a guess:
    a renewal happens 30 days before the end of the validity, shows no action, and fails if the next action
    ``issue_certificate`` is to fail; after that there is none until a retry succeeds.

    The private key of an issued certificate, which the API does not return, is in
    ``private(certificate)["private_key"]``.
    """

    collection = "certificates"
    singular = "certificate"
    sortable: Names = ("id", "name", "created")
    filters: Filters = (Filter("name"), Filter("type", ("uploaded", "managed"), many=True))
    labelled = True
    acting = True

    @operation("POST /", starts=("create_certificate",))
    def create(
        self,
        *,
        name: Name,
        type: Literal["uploaded", "managed"] = "uploaded",
        certificate: Chain | None = None,
        private_key: PrivateKey | None = None,
        domain_names: Annotated[list[DomainName], Length(1, 100)] | None = None,
        labels: Labels | None = None,
    ) -> Body:
        """Upload a certificate, or have one issued."""
        from .. import x509  # noqa: F401  # if its library is missing, the request fails, and not the action

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
            record.update(_parse_upload(certificate, private_key))
            return {"certificate": self.add(record), "action": None}
        if domain_names is None:
            raise invalid("domain_names", "missing required field")
        record["domain_names"] = domain_names
        return {"certificate": self.add(record), "action": self._start_issuance(record, "create_certificate")}

    @operation("PUT /{id}")
    def update(self, certificate: Record, *, name: Name | None = None, labels: Labels | None = None) -> Body:
        """Change the name or labels of a certificate."""
        return {"certificate": self.change(certificate, name=name, labels=labels)}

    @operation("DELETE /{id}")
    def delete(self, certificate: Record) -> None:
        """Delete an unused certificate."""
        if certificate["used_by"]:
            raise ErrorResponse("resource_in_use", "certificate is still in use")
        self.remove(certificate)

    @action(starts=("issue_certificate",))
    def retry(self, certificate: Record) -> Body:
        """Retry the failed issuance or renewal of a managed certificate."""
        status = certificate["status"] or {}
        if "failed" not in (status.get("issuance"), status.get("renewal")):
            message = "only a managed certificate whose issuance or renewal failed can be retried"
            raise ErrorResponse("unsupported_error", message)
        return {"action": self._start_issuance(certificate, "issue_certificate")}

    def _start_issuance(self, certificate: Record, command: str) -> Record:
        certificate["status"] = _status_of(certificate, "pending")
        failed = partial(self._fail_issuance, certificate)
        return self.start_action(
            certificate, command, self._complete_issuance, certificate, otherwise=failed, seconds=30
        )

    def _complete_issuance(self, certificate: Record) -> None:
        self._issue(certificate, self.project.cloud.clock.time())

    def _fail_issuance(self, certificate: Record) -> None:
        *_, last = self.project.actions.of(self.singular, certificate["id"])
        certificate["status"] = _status_of(certificate, "failed", last["error"])

    def _issue(self, certificate: Record, start: float) -> None:
        from .. import x509

        issued = x509.issue(certificate["domain_names"], start, start + _VALIDITY, self.new_id())
        certificate.update(certificate=issued.chain, **_fields_of(x509.parse(x509.load_chain(issued.chain)[0])))
        self.private(certificate)["private_key"] = issued.private_key
        certificate["status"] = _status_of(certificate, "scheduled")

    @on_event("actions.settled")
    def _renew_due_certificates(self) -> None:
        now = self.project.cloud.clock.time()
        for certificate in self:
            if certificate["type"] != "managed" or certificate["status"]["renewal"] != "scheduled":
                continue
            issued = datetime.fromisoformat(certificate["not_valid_before"]).timestamp()
            renewals = (now - issued) // _RENEWAL_INTERVAL
            if renewals < 1:
                continue
            if error := self.project.cloud.failure_of("issue_certificate"):
                certificate["status"] = _status_of(certificate, "failed", error)
            else:
                self._issue(certificate, issued + renewals * _RENEWAL_INTERVAL)


def _status_of(certificate: Record, state: str, error: Record | None = None) -> Record:
    """Return the status of a managed certificate.

    :param state: State of its renewal, or of its first issuance if it has not been issued yet
    """
    if certificate["certificate"] is None:
        return {"issuance": state, "renewal": "unavailable", "error": error}
    return {"issuance": "completed", "renewal": state, "error": error}


def _parse_upload(certificate: str | None, private_key: str | None) -> Record:
    """Return the fields of an uploaded certificate.

    :raises ErrorResponse: ``invalid_input``
    """
    if not certificate or not private_key:
        fields = {"certificate": certificate, "private_key": private_key}
        raise invalid_fields({field: ["missing required field"] for field, text in fields.items() if not text})
    from .. import x509

    try:
        chain = x509.load_chain(certificate)
        parsed = x509.parse(chain[0])
    except ValueError:
        raise invalid("certificate", "is not a valid certificate") from None
    try:
        x509.check_order(chain)
    except ValueError as error:
        raise invalid("certificate", f"is not a valid chain: {error}") from None
    try:
        x509.check_key(chain[0], private_key)
    except ValueError as error:
        raise invalid("private_key", str(error)) from None
    return {"certificate": certificate, **_fields_of(parsed)}


def _fields_of(parsed: x509.ParsedCertificate) -> Record:
    return {
        "not_valid_before": iso(parsed.not_valid_before),
        "not_valid_after": iso(parsed.not_valid_after),
        "domain_names": parsed.domain_names,
        "fingerprint": parsed.fingerprint,
    }
