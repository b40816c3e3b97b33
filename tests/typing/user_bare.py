"""Type assertions for ``import hcloud`` without an import of its folders."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

import hcloud
import hcloud.digitalocean

assert_type(hcloud.images.Image(1), hcloud.images.domain.Image)
assert_type(hcloud.digitalocean.images.Image(1).id, int | None)
hcloud.nothing  # type: ignore[attr-defined]  # noqa: B018


def image_of(server: hcloud.servers.client.BoundServer) -> hcloud.images.BoundImage | None:
    return server.image
