"""Certificates in the fake cloud, and what it reads in them."""

from __future__ import annotations

import ssl

import pytest

from hcloud.testing import FakeCloud, x509
from tests.testing.api import API

NOON = 1_792_065_600.0
# Made with: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 3650 -subj /CN=www.example.com …
WRITTEN_BY_OPENSSL = """-----BEGIN CERTIFICATE-----
MIIBnzCCAUWgAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA93d3cuZXhh
bXBsZS5jb20wHhcNMjYxMTIxMjMyNjQ1WhcNMzYxMTE4MjMyNjQ1WjAaMRgwFgYD
VQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQC
mOoABfGVt/DYPlLZs1DPBz9A5DYqje/SWALwghKRQAepExxt5IEoAkbW7i5jqs8O
jFXd/6cJA1RAtzrjJmnLo3wwejAdBgNVHQ4EFgQUS/st9vCZOpKvPTo0kY3KMuO9
Vn8wHwYDVR0jBBgwFoAUS/st9vCZOpKvPTo0kY3KMuO9Vn8wDwYDVR0TAQH/BAUw
AwEB/zAnBgNVHREEIDAeggtleGFtcGxlLmNvbYIPd3d3LmV4YW1wbGUuY29tMAoG
CCqGSM49BAMCA0gAMEUCIQCEzTRltImBcX5iU8siY1X9Wz451yMRUhn8puuliJ3T
bgIgOHou4r5l+grkqDZqWTAFEPJ4sotBPWbs7+nLKgqzcRc=
-----END CERTIFICATE-----
"""


def key_of(number: int) -> str:
    """A private key of the curve P-256; that of a created certificate is 1."""
    der = bytes.fromhex("30310201010420") + number.to_bytes(32, "big") + bytes.fromhex("a00a06082a8648ce3d030107")
    return ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", "EC PRIVATE KEY")


MADE = x509.make(["example.com", "*.example.com"], NOON, NOON + 86400, 7)


def test_upload(api: API) -> None:
    chain = MADE + WRITTEN_BY_OPENSSL
    response = api.post("/certificates", name="mine", certificate=chain, private_key=key_of(1), labels={"a": "b"})
    created = response["certificate"]
    assert response["action"] is None
    assert created["domain_names"] == ["example.com", "*.example.com"]
    assert (created["not_valid_before"], created["not_valid_after"]) == (
        "2026-10-15T12:00:00+00:00",
        "2026-10-16T12:00:00+00:00",
    )
    assert (created["type"], created["status"], created["used_by"], created["certificate"]) == (
        "uploaded",
        None,
        [],
        chain,
    )
    assert "private_key" not in created
    assert api.get(f"/certificates/{created['id']}/actions")["actions"] == []
    assert api.post(f"/certificates/{created['id']}/actions/retry").code == "unsupported_error"


def test_invalid_uploads(api: API) -> None:
    def fields(**body: str) -> list[str]:
        return api.post("/certificates", name="x", **body).fields

    assert fields() == ["certificate", "private_key"]
    assert fields(certificate="text", private_key=key_of(1)) == ["certificate"]
    assert fields(certificate=MADE.replace("M", "N"), private_key=key_of(1)) == ["certificate"]
    assert fields(certificate=MADE, private_key=key_of(2)) == ["private_key"]
    assert fields(certificate=MADE, private_key="text") == ["private_key"]
    assert fields(type="managed") == ["domain_names"]
    assert fields(type="managed", domain_names=["nothing"]) == ["domain_names"]  # type: ignore[arg-type]


def test_managed_certificates_are_issued(cloud: FakeCloud, api: API) -> None:
    names = ["example.com", "*.example.com"]
    response = api.post("/certificates", name="lets", type="managed", domain_names=names)
    pending = response["certificate"]
    assert pending["status"] == {"issuance": "pending", "renewal": "unavailable", "error": None}
    assert (pending["certificate"], pending["fingerprint"], pending["domain_names"]) == (None, None, names)
    assert (response["action"]["command"], response["action"]["status"]) == ("create_certificate", "running")

    assert api.done(response)["status"] == "success"
    issued = api.get(f"/certificates/{pending['id']}")["certificate"]
    assert issued["status"] == {"issuance": "completed", "renewal": "scheduled", "error": None}
    assert (issued["not_valid_before"], issued["not_valid_after"]) == (
        "2026-10-15T12:00:30+00:00",
        "2027-01-13T12:00:30+00:00",
    )
    assert x509.read(issued["certificate"]).domain_names == names
    assert api.post(f"/certificates/{pending['id']}/actions/retry").code == "unsupported_error"
    assert api.get("/certificates", type="managed")["certificates"] == [issued]
    assert api.get("/certificates", type="uploaded")["certificates"] == []


def test_failed_issuance_is_retried(cloud: FakeCloud, api: API) -> None:
    cloud.fail_action("create_certificate", code="dns_zone_not_found", message="DNS zone not found")
    response = api.post("/certificates", name="lets", type="managed", domain_names=["example.com"])
    at = f"/certificates/{response['certificate']['id']}"
    assert api.done(response)["status"] == "error"
    failed = api.get(at)["certificate"]
    assert failed["status"] == {
        "issuance": "failed",
        "renewal": "unavailable",
        "error": {"code": "dns_zone_not_found", "message": "DNS zone not found"},
    }

    again = api.post(f"{at}/actions/retry")
    assert again["action"]["command"] == "issue_certificate"
    assert api.get(at)["certificate"]["status"]["issuance"] == "pending"
    api.done(again)
    assert api.get(at)["certificate"]["status"]["issuance"] == "completed"
    assert [action["status"] for action in api.get(f"{at}/actions")["actions"]] == ["error", "success"]


def test_update_and_delete(cloud: FakeCloud, api: API) -> None:
    created = api.post("/certificates", name="mine", certificate=MADE, private_key=key_of(1))["certificate"]
    assert api.post("/certificates", name="mine", certificate=MADE, private_key=key_of(1)).code == "uniqueness_error"
    at = f"/certificates/{created['id']}"
    assert api.put(at, name="new", labels={"a": "b"})["certificate"]["name"] == "new"

    cloud.certificates["new"]["used_by"].append({"id": 1, "type": "load_balancer"})
    assert api.delete(at).code == "resource_in_use"
    cloud.certificates["new"]["used_by"].clear()
    assert api.delete(at).status == 204
    assert api.get(at).code == "not_found"


def test_parsing_a_certificate_of_openssl() -> None:
    read = x509.read(f"Some words before it\n{WRITTEN_BY_OPENSSL}and after")
    assert read == x509.ParsedCertificate(
        ["example.com", "www.example.com"],
        1795303605.0,
        2110663605.0,
        "03:b6:bf:15:60:9d:86:a9:c8:1d:99:76:2f:b8:5f:61:4d:0e:44:82:ed:c6:b1:88:05:c0:96:97:2e:3b:77:93",
    )


def test_the_common_name_is_used_without_alternative_names() -> None:
    assert x509.read(x509.make(["example.com"], NOON, NOON, 1)).domain_names == ["example.com"]
    der = ssl.PEM_cert_to_DER_cert(x509.make(["example.com"], NOON, NOON, 1))
    unnamed = der.replace(bytes.fromhex("0603551d11"), bytes.fromhex("0603551d12"))
    assert x509.read(ssl.DER_cert_to_PEM_cert(unnamed)).domain_names == ["example.com"]


@pytest.mark.parametrize("length", [1, 20, 200])
def test_parsing_truncated_certificates(length: int) -> None:
    der = ssl.PEM_cert_to_DER_cert(MADE)
    with pytest.raises(ValueError, match=r"no X\.509 certificate"):
        x509.read(ssl.DER_cert_to_PEM_cert(der[:length]))
