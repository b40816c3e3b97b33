"""The everyday tasks with asynchronous clients."""

from __future__ import annotations

from typing import Any

import pytest

from hcloud import HCloudExceptionGroup, InvalidArgumentError, LockedError
from hcloud.aio import Client
from hcloud.testing import FakeCloud
from tests.everything import LABELS, create_everything
from tests.ssh_keys.test_ensure import key_of
from tests.test_deletion import ORDER, keys, outcome

pytestmark = pytest.mark.asyncio


@pytest.fixture
def async_client(cloud: FakeCloud) -> Client:
    """Asynchronous client of the fake cloud."""
    return cloud.async_client()


async def test_delete_all(cloud: FakeCloud, async_client: Client) -> None:
    create_everything(cloud.client())
    with pytest.raises(InvalidArgumentError):
        await async_client.delete_all(label_selector="!env")
    assert keys((await async_client.delete_all(label_selector="env=ci")).planned) == ORDER
    assert keys((await async_client.delete_all(label_selector="env=ci", dry_run=False)).deleted) == ORDER
    assert (await async_client.delete_all(label_selector="env=ci", dry_run=False)).deleted == []


async def test_delete_all_goes_on_after_failures(cloud: FakeCloud, async_client: Client) -> None:
    create_everything(cloud.client())
    cloud.fail_next(status=403, code="forbidden", method="DELETE", path="/certificates")
    with pytest.raises(HCloudExceptionGroup) as raised:
        await async_client.delete_all(label_selector="env=ci", dry_run=False)
    assert "(forbidden" in str(raised.value)
    assert keys(raised.value.result.failed) == ["certificate"]


async def test_a_dry_run_knows_what_stays(cloud: FakeCloud, async_client: Client) -> None:
    client = cloud.client()
    created = create_everything(client)
    created["server"].change_protection(delete=True, rebuild=True).wait()
    client.zones.get_rrset("example.com", "www", "A").change_rrset_protection(change=True).wait()
    dry_run = await async_client.delete_all(label_selector="env=ci")
    assert keys(dry_run.protected) == ["server", "rrset", "zone"]
    assert keys(dry_run.failed) == ["primary_ip"]
    with pytest.raises(HCloudExceptionGroup) as raised:
        await async_client.delete_all(label_selector="env=ci", dry_run=False)
    assert outcome(raised.value.result) == outcome(dry_run)


async def test_temporary(cloud: FakeCloud, async_client: Client) -> None:
    async with async_client.temporary() as labels:
        await async_client.networks.create("net", "10.0.0.0/16", labels=labels)
        assert len(cloud.networks) == 1
    assert len(cloud.networks) == 0


async def test_put_records(cloud: FakeCloud, async_client: Client) -> None:
    response: Any = await async_client.zones.create(name="bücher.example", mode="primary")
    zone = (await response.wait()).zone
    changed = await zone.put_records("www", "A", ["198.51.100.1"], ttl=60)
    assert [record.value for record in (await changed.wait()).rrset.records] == ["198.51.100.1"]
    changed = await zone.put_records("www", "A", ["198.51.100.2"], ttl=90)
    assert len((await changed.wait()).actions) == 2
    cloud.requests.clear()
    assert not (await async_client.zones.put_records("bücher.example", "www", "A", ["198.51.100.2"])).is_changed
    assert [request.method for request in cloud.requests] == ["GET"]
    assert (await async_client.zones.get("bücher.example")).name == "xn--bcher-kva.example"


async def test_cost(cloud: FakeCloud, async_client: Client) -> None:
    create_everything(cloud.client())
    expected = cloud.client().pricing.cost()
    assert (await async_client.pricing.cost()).monthly == expected.monthly
    server: Any = await async_client.servers.get("web")
    assert (await server.cost()).monthly == cloud.client().servers.get("web").cost().monthly
    assert server.address == server.public_net.ipv4.ip


async def test_alternatives(cloud: FakeCloud, async_client: Client) -> None:
    for offer in cloud.server_types["cx23"]["locations"]:
        offer["available"] = False
    cloud.server_types["cx33"]["deprecation"] = {"announced": "x", "unavailable_after": "2027-01-01T00:00:00Z"}
    with pytest.warns(DeprecationWarning, match="server type cx33 is deprecated") as caught:
        response = await async_client.servers.create("web", ["cx23", "cx33"], "debian-13", location=["fsn1", "nbg1"])
    assert caught[0].filename == __file__
    assert response.server.server_type.name == "cx33"


async def test_ensure(async_client: Client) -> None:
    key = await async_client.ssh_keys.ensure(f"{key_of(1)} me")
    assert await async_client.ssh_keys.ensure(key_of(1), name="other") == key


async def test_wait_while_locked(cloud: FakeCloud, async_client: Client) -> None:
    response: Any = await async_client.servers.create("web", "cx23", "debian-13", labels=LABELS)
    with pytest.raises(LockedError):
        await response.server.delete()
    patient = async_client.with_options(wait_while_locked=60)
    await (await patient.servers.delete(response.server)).wait()
    assert len(cloud.servers) == 0


async def test_cost_of_what_was_not_fetched(async_client: Client) -> None:
    response: Any = await async_client.servers.create("web", "cx23", "debian-13")
    server = (await response.wait()).server
    partial = type(server)(async_client.servers, {"id": server.id}, complete=False)
    assert (await partial.cost()).monthly == (await server.cost()).monthly


async def test_cost_of_an_object_of_a_blocking_client(cloud: FakeCloud, async_client: Client) -> None:
    server: Any = cloud.client().servers.create("web", "cx23", "debian-13").server
    with pytest.raises(InvalidArgumentError, match=r"cost\(\): .* is of a blocking client"):
        await async_client.pricing.cost([server])


async def test_callbacks_can_be_coroutine_functions(async_client: Client) -> None:
    progress, statuses = [], []

    async def on_progress(actions: Any) -> None:
        progress.append(actions[0].status)

    async def has_started(server: Any) -> bool:
        statuses.append(server.status)
        return bool(server.status == "running")

    response: Any = await async_client.servers.create("web", "cx23", "debian-13")
    await response.server.wait_for(has_started)
    assert len(statuses) > 1
    assert (statuses[-2] == "running", statuses[-1]) == (False, "running")
    response = await async_client.servers.reboot(response.server)
    await response.wait(on_progress=on_progress)
    assert progress[-1] == "success"
