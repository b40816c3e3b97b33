"""Failed requests leave no reference cycle, which would keep the caller's objects until garbage collection."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import requests

from hcloud import Client, HCloudException
from hcloud.images import Image
from hcloud.servers import Server
from tests.stub import Stub, error


class Local:
    """An object that a caller holds in a local variable."""


@pytest.mark.parametrize(
    "failure",
    [
        (404, error("not_found")),
        (503, error("unavailable")),
        (500, b"<html>"),
        (200, b"<html>"),
        (200, {}),
        lambda sent: requests.ReadTimeout("too slow"),
    ],
    ids=["404", "503", "500 HTML", "200 HTML", "unexpected shape", "timeout"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.images.get_by_id(1),
        lambda client: client.images.update(Image(id=1), description="x"),
        lambda client: client.servers.create_image(Server(id=1)),
    ],
    ids=["GET", "PUT", "POST"],
)
def test_failures_leave_no_reference_cycle(call: Any, failure: Any) -> None:
    def fail(client: Client) -> weakref.ref[Local]:
        local = Local()
        try:
            call(client)
        except HCloudException:
            return weakref.ref(local)
        raise AssertionError("the call did not fail")

    client = Stub(failure).client(retries=2, on_retry=lambda *_: None)
    fail(client)  # imports what it needs
    gc.collect()
    gc.disable()
    try:
        assert fail(client)() is None
    finally:
        gc.enable()
