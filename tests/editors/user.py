"""Calls that only the stubs of the wheel reject. mypy and pyright read this program there; it is never run.

A line that must be an error carries a ``type: ignore``; both checkers report an unused one.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

import hcloud
import hcloud.digitalocean
from hcloud.images import BoundImage
from hcloud.servers import BoundServer
from hcloud.volumes import BoundVolume


def pages(client: hcloud.Client, image: BoundImage) -> None:
    client.images.get_all(page=1)  # type: ignore[call-arg]
    client.images.iter(page=1)  # type: ignore[call-arg]
    image.get_actions(page=1)  # type: ignore[call-arg]
    assert_type(client.servers.get_all("web", "env=prod", ["running"]), list[BoundServer])
    assert_type(client.volumes.get_all("env=prod", ["available"], name="data"), list[BoundVolume])


def pages_of_digitalocean(client: hcloud.digitalocean.Client) -> None:
    client.images.get_all(page=2)  # type: ignore[call-arg]


class Machine(BoundServer):
    """Overrides a method, which is final in a checkout alone."""

    def reboot(self) -> hcloud.actions.BoundAction:
        return self.reset()
