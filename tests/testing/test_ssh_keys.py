"""SSH keys in the fake cloud."""

from __future__ import annotations

import pytest

from tests.testing.api import API

# Made for this test; nobody has the private half.
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio"


def test_life_cycle(api: API) -> None:
    key = api.post("/ssh_keys", name="mine", public_key=f"{KEY} me@here\n", labels={"a": "b"})["ssh_key"]
    assert key["public_key"] == f"{KEY} me@here"
    assert len(key["fingerprint"].split(":")) == 16

    assert api.get("/ssh_keys", fingerprint=key["fingerprint"])["ssh_keys"] == [key]
    assert api.get("/ssh_keys", name="yours")["ssh_keys"] == []
    assert api.get("/ssh_keys", label_selector="a")["ssh_keys"] == [key]
    again = api.post("/ssh_keys", name="other", public_key=KEY)
    assert (again.code, again.fields) == ("uniqueness_error", ["fingerprint"])
    assert api.put(f"/ssh_keys/{key['id']}", name="new")["ssh_key"]["name"] == "new"
    assert api.delete(f"/ssh_keys/{key['id']}").status == 204
    assert api.get(f"/ssh_keys/{key['id']}").code == "not_found"
    assert api.post("/ssh_keys", name="mine", public_key=KEY).status == 201


@pytest.mark.parametrize(
    "bad", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA", "a key", KEY[12:]]
)
def test_bad_keys(api: API, bad: str) -> None:
    assert api.post("/ssh_keys", name="x", public_key=bad).fields == ["public_key"]
