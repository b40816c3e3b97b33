"""Datacenters, which the API has removed."""

from __future__ import annotations

import warnings

import pytest

from hcloud import DeprecatedApiEndpointError
from hcloud.datacenters import BoundDatacenter, Datacenter, DatacentersClient
from hcloud.server_types import BoundServerType
from tests.stub import Stub, error


@pytest.fixture
def datacenters(stub: Stub) -> DatacentersClient:
    with pytest.warns(DeprecationWarning, match=r"client\.locations") as warned:
        client = stub.client().datacenters
    assert [warning.filename for warning in warned] == [__file__]
    return client


def test_calls_raise(stub: Stub, datacenters: DatacentersClient) -> None:
    stub.responses = [(410, error("deprecated_api_endpoint"))]
    for call in (datacenters.get_all, lambda: datacenters.get_by_id(1), lambda: datacenters.get_by_name("fsn1-dc8")):
        with pytest.raises(DeprecatedApiEndpointError):
            call()
    assert len(stub.sent) == 3


def test_the_record_warns_its_caller() -> None:
    with pytest.warns(DeprecationWarning, match=r"hcloud\.locations\.Location") as warned:
        assert Datacenter(1, name="fsn1-dc8").id == 1
    assert [warning.filename for warning in warned] == [__file__]


def test_stored_datacenter_can_still_be_read(datacenters: DatacentersClient) -> None:
    stored = {"id": 1, "name": "fsn1-dc8", "server_types": {"available": [7], "supported": [7]}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        datacenter = BoundDatacenter(datacenters, stored)
        assert datacenter.name == "fsn1-dc8"
    with pytest.warns(DeprecationWarning, match="server_types"):
        server_types = datacenter.server_types
    assert server_types is not None
    assert [type(server_type) for server_type in server_types.available] == [BoundServerType]
