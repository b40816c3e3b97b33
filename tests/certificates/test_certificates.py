"""Certificates: types, secrecy of the private key, errors of managed certificates."""

from __future__ import annotations

import traceback

import pytest

from hcloud import APIException
from hcloud.certificates import BoundCertificate
from tests.stub import Stub, error


def test_create_and_create_managed_send_the_type(stub: Stub) -> None:
    certificate = {"id": 1, "name": "mine"}
    stub.responses = [(201, {"certificate": certificate, "action": {"id": 2, "status": "running"}})]
    client = stub.client().certificates
    uploaded = client.create("mine", "the chain", "the key")
    managed = client.create_managed("mine", ["example.com"])
    assert [sent.json for sent in stub.sent] == [
        {"name": "mine", "type": "uploaded", "certificate": "the chain", "private_key": "the key"},
        {"name": "mine", "type": "managed", "domain_names": ["example.com"]},
    ]
    assert uploaded == managed.certificate
    assert managed.action is not None
    assert managed.action.id == 2
    stub.responses = [(201, {"certificate": certificate, "action": None})]
    assert client.create_managed("mine", ["example.com"]).wait().action is None


def test_error_does_not_reveal_the_private_key(stub: Stub) -> None:
    stub.responses = [(422, error("invalid_input"))]
    secret = "".join(["the", "-", "key"])  # a literal would appear in the traceback as source text
    with pytest.raises(APIException) as caught:
        stub.client().certificates.create("mine", "the chain", secret)
    assert secret not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.request)


def test_error_of_a_managed_certificate(stub: Stub) -> None:
    status = {"issuance": "failed", "renewal": "unavailable", "error": {"code": "dns_zone_not_found", "message": "no"}}
    used_by = [{"id": 4, "type": "load_balancer"}]
    certificate = BoundCertificate(stub.client().certificates, {"id": 1, "status": status, "used_by": used_by})
    assert certificate.status is not None
    assert certificate.status.error is not None
    assert certificate.status.error.code == "dns_zone_not_found"
    assert certificate.used_by == used_by
