"""Certificates in the fake cloud, and what it reads in them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509 as x509_names
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

import hcloud.testing
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


ISSUED = x509.issue(["example.com", "*.example.com"], NOON, NOON + 86400, 7)
OTHER = x509.issue(["other.example"], NOON, NOON + 86400, 8)
LEAF = ISSUED.chain[: ISSUED.chain.index("-----END") + 26]
"""The certificate without that of its authority."""


def read(text: str) -> x509.ParsedCertificate:
    return x509.parse(x509.load_chain(text)[0])


def pem_of(key: Any, password: bytes | None = None) -> str:
    """Return a private key in PEM."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return pem.decode()


def self_signed(key: Any, *names: x509_names.NameAttribute[str]) -> str:
    """Return a certificate without alternative names, signed by its own key."""
    name = x509_names.Name(names)
    now = datetime.fromtimestamp(NOON, UTC)
    builder = x509_names.CertificateBuilder(name, name, key.public_key(), 1, now, now)
    return builder.sign(key, SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_upload(api: API) -> None:
    chain = ISSUED.chain
    response = api.post(
        "/certificates", name="mine", certificate=chain, private_key=ISSUED.private_key, labels={"a": "b"}
    )
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
    key = ISSUED.private_key
    encrypted = pem_of(serialization.load_pem_private_key(key.encode(), None), b"secret")
    for certificate in ("text", "ü", LEAF.replace("M", "N"), LEAF[:200], LEAF + LEAF[:200]):
        assert fields(certificate=certificate, private_key=key) == ["certificate"]
    for private_key, message in (
        *((text, "is not a valid private key in PEM") for text in ("text", "ü", key[:100], LEAF)),
        (OTHER.private_key, "is not the private key of the certificate"),
        (encrypted, "must not be encrypted"),
    ):
        response = api.post("/certificates", name="x", certificate=LEAF, private_key=private_key)
        assert response.body["error"]["details"]["fields"] == [{"name": "private_key", "messages": [message]}]
    assert fields(type="managed") == ["domain_names"]
    assert fields(type="managed", domain_names=["nothing"]) == ["domain_names"]  # type: ignore[arg-type]


def test_limits_of_uploads(api: API) -> None:
    def messages(certificate: str, private_key: str) -> list[str]:
        response = api.post("/certificates", name="x", certificate=certificate, private_key=private_key)
        assert response.status == 422
        return [text for field in response.body["error"]["details"]["fields"] for text in field["messages"]]

    key = ec.generate_private_key(ec.SECP256R1())
    certificate, private_key = self_signed(key), pem_of(key)
    assert messages(certificate * 6, private_key) == ["must be a chain of 5 certificates at most"]
    assert messages(certificate + " " * (30_001 - len(certificate)), private_key) == [
        "must be 30000 bytes long at most"
    ]
    assert messages(certificate, private_key + " " * (5_001 - len(private_key))) == ["must be 5000 bytes long at most"]
    padded = certificate * 5 + " " * (30_000 - 5 * len(certificate))
    created = api.post(
        "/certificates", name="x", certificate=padded, private_key=private_key + " " * (5_000 - len(private_key))
    )
    assert created["certificate"]["certificate"] == padded


def test_each_certificate_of_a_chain_is_issued_by_the_next(api: API) -> None:
    authority = ISSUED.chain.removeprefix(LEAF)
    for chain, number in ((LEAF + WRITTEN_BY_OPENSSL, 1), (ISSUED.chain + LEAF, 2)):
        response = api.post("/certificates", name="x", certificate=chain, private_key=ISSUED.private_key)
        (field,) = response.body["error"]["details"]["fields"]
        expected = f"is not a valid chain: certificate {number} is not issued by certificate {number + 1}"
        assert (field["name"], field["messages"]) == ("certificate", [expected])
    chain = f"Some words\n{LEAF}and more\n{authority}{authority}"
    assert api.post("/certificates", name="x", certificate=chain, private_key=ISSUED.private_key).status == 201


def test_rsa_keys(api: API) -> None:
    key, other = (rsa.generate_private_key(65537, 1024) for _ in "12")
    certificate = self_signed(key, x509_names.NameAttribute(NameOID.COMMON_NAME, "example.com"))
    assert api.post("/certificates", name="x", certificate=certificate, private_key=pem_of(other)).fields == [
        "private_key"
    ]
    created = api.post("/certificates", name="x", certificate=certificate, private_key=pem_of(key))
    assert created["certificate"]["domain_names"] == ["example.com"]


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
    assert read(issued["certificate"]).domain_names == names
    assert issued["fingerprint"] == read(issued["certificate"]).fingerprint
    private_key = cloud.certificates.private(cloud.certificates["lets"])["private_key"]
    uploaded = api.post("/certificates", name="copy", certificate=issued["certificate"], private_key=private_key)
    assert uploaded["certificate"]["fingerprint"] == issued["fingerprint"]
    api.delete(f"/certificates/{uploaded['certificate']['id']}")
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
    created = api.post("/certificates", name="mine", certificate=LEAF, private_key=ISSUED.private_key)["certificate"]
    assert (
        api.post("/certificates", name="mine", certificate=LEAF, private_key=ISSUED.private_key).code
        == "uniqueness_error"
    )
    at = f"/certificates/{created['id']}"
    assert api.put(at, name="new", labels={"a": "b"})["certificate"]["name"] == "new"

    cloud.certificates["new"]["used_by"].append({"id": 1, "type": "load_balancer"})
    assert api.delete(at).code == "resource_in_use"
    cloud.certificates["new"]["used_by"].clear()
    assert api.delete(at).status == 204
    assert api.get(at).code == "not_found"


def test_parsing_a_certificate_of_openssl() -> None:
    parsed = read(f"Some words before it\n{WRITTEN_BY_OPENSSL}and after")
    assert parsed == x509.ParsedCertificate(
        ["example.com", "www.example.com"],
        1795303605.0,
        2110663605.0,
        "03:b6:bf:15:60:9d:86:a9:c8:1d:99:76:2f:b8:5f:61:4d:0e:44:82:ed:c6:b1:88:05:c0:96:97:2e:3b:77:93",
    )


def test_names_without_alternative_names() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert read(self_signed(key)).domain_names == []
    names = [x509_names.NameAttribute(NameOID.COMMON_NAME, name) for name in ("a.example", "b.example")]
    assert read(self_signed(key, *names)).domain_names == ["a.example", "b.example"]


def test_domain_names_that_are_too_long_for_a_common_name(api: API) -> None:
    name = f"{'a' * 60}.example.com"
    api.done(api.post("/certificates", name="long", type="managed", domain_names=[name]))
    (certificate,) = api.get("/certificates")["certificates"]
    assert (certificate["status"]["issuance"], read(certificate["certificate"]).domain_names) == ("completed", [name])


def test_equal_clouds_issue_equal_certificates() -> None:
    assert x509.issue(["example.com"], NOON, NOON, 1) == x509.issue(["example.com"], NOON, NOON, 1)
    assert ISSUED.private_key != OTHER.private_key


@pytest.mark.parametrize("type", ["uploaded", "managed"])
def test_missing_library(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, type: str) -> None:
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "hcloud.testing.x509")
    monkeypatch.delattr(hcloud.testing, "x509")
    monkeypatch.setitem(sys.modules, "cryptography", None)
    fields = {"certificate": LEAF, "private_key": "x"} if type == "uploaded" else {"domain_names": ["example.com"]}
    with pytest.raises(ImportError, match=r"certificates needs cryptography: pip install 'hcloud\[testing\]'"):
        API(cloud, cloud.project.token).post("/certificates", name="x", type=type, **fields)
    assert len(cloud.certificates) == 0
