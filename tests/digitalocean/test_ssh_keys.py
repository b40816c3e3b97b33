"""SSH keys and the account."""

from __future__ import annotations

import pytest
import responses

from hcloud._exceptions import InvalidArgumentError, NotFoundError
from hcloud.digitalocean import Client, UnprocessableEntityError
from hcloud.digitalocean.account import Account
from hcloud.digitalocean.ssh_keys import BoundSSHKey, SSHKey
from hcloud.testing import FakeDigitalOcean

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQtTWVTzd2t27+t0DEHBPW7iOD23TUiYLio"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAC3NzaC1lZDI1NTE5 me@home"


@pytest.fixture
def key(cloud: FakeDigitalOcean, client: Client) -> BoundSSHKey:
    """An SSH key; the request that created it is not in the log."""
    key = client.ssh_keys.create("laptop", KEY)
    cloud.requests.clear()
    return key


def test_by_id_or_fingerprint(cloud: FakeDigitalOcean, client: Client, key: BoundSSHKey) -> None:
    assert (key.name, key.public_key) == ("laptop", KEY)
    assert key.id is not None
    assert key.fingerprint is not None
    assert client.ssh_keys.get_by_id(key.id) == client.ssh_keys.get_by_id(key.fingerprint) == key
    assert client.ssh_keys.get_by_fingerprint(key.fingerprint) == key
    assert [request.path for request in cloud.requests][:2] == [
        f"/account/keys/{key.id}",
        f"/account/keys/{key.fingerprint.replace(':', '%3A')}",
    ]
    assert client.ssh_keys.get_by_fingerprint("00:11") is None
    with pytest.raises(NotFoundError):
        client.ssh_keys.get_by_id("00:11")
    with pytest.raises(InvalidArgumentError):
        client.ssh_keys.get_by_fingerprint("")


def test_a_proxy_that_finds_nothing_is_no_missing_key() -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://api.digitalocean.com/v2/account/keys/00%3A11", body="<html>", status=404)
        with pytest.raises(NotFoundError):
            Client("token").ssh_keys.get_by_fingerprint("00:11")


def test_list(client: Client, key: BoundSSHKey) -> None:
    other = client.ssh_keys.create("desktop", OTHER_KEY)
    assert client.ssh_keys.get_all() == [key, other]
    assert list(client.ssh_keys.iter(per_page=1)) == [key, other]
    assert client.ssh_keys.get_list(page=2, per_page=1).ssh_keys == [other]


def test_create_rejects_a_key_that_exists(client: Client, key: BoundSSHKey) -> None:
    with pytest.raises(UnprocessableEntityError, match="SSH Key is already in use on your account"):
        client.ssh_keys.create("other", f"{KEY} other")


def test_update_and_delete(client: Client, key: BoundSSHKey) -> None:
    key.update(name="desktop")
    assert key.name == "desktop"
    by_fingerprint = SSHKey(fingerprint=key.fingerprint)
    assert client.ssh_keys.update(by_fingerprint, name="server").id == key.id
    assert client.ssh_keys.delete(by_fingerprint) is True
    with pytest.raises(NotFoundError):
        key.delete()
    with pytest.raises(InvalidArgumentError, match="has no id_or_fingerprint"):
        client.ssh_keys.delete(SSHKey(name="desktop"))


def test_missing_fields_are_fetched(cloud: FakeDigitalOcean, client: Client, key: BoundSSHKey) -> None:
    partial = BoundSSHKey(client.ssh_keys, {"id": key.id}, complete=False)
    assert partial.name == "laptop"
    assert [request.path for request in cloud.requests] == [f"/account/keys/{key.id}"]


def test_droplets_take_keys_ids_and_fingerprints(cloud: FakeDigitalOcean, client: Client, key: BoundSSHKey) -> None:
    other = client.ssh_keys.create("desktop", OTHER_KEY)
    size, image = "s-1vcpu-1gb", "debian-12-x64"
    assert key.id is not None
    for number, keys in enumerate(([key], (key.id,), [key.fingerprint or ""], [SSHKey(fingerprint=key.fingerprint)])):
        client.droplets.create(f"web{number}", size, image, ssh_keys=keys)
        assert cloud.ssh_keys_of(f"web{number}") == [key.id]
    client.droplets.create("both", size, image, ssh_keys=[key, other.fingerprint or ""])
    assert cloud.ssh_keys_of("both") == [key.id, other.id]
    assert cloud.requests[-1].body == {
        "name": "both",
        "size": size,
        "image": image,
        "ssh_keys": [key.id, other.fingerprint],
    }
    with pytest.raises(UnprocessableEntityError, match="7 are invalid key identifiers for Droplet creation"):
        client.droplets.create("x", size, image, ssh_keys=[7])
    with pytest.raises(InvalidArgumentError):
        client.droplets.create("x", size, image, ssh_keys=[SSHKey()])


def test_account(cloud: FakeDigitalOcean, client: Client) -> None:
    cloud.limits["droplets"] = 10
    account = client.account.get()
    assert (account.status, account.droplet_limit, account.email_verified) == (Account.STATUS_ACTIVE, 10, True)
    assert account.team is not None
    assert account.team.name == "My Team"
    assert account.email == "default@example.com"
