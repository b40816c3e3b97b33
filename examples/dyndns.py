"""Point a name at the public address of this machine: run it every few minutes; it sends nothing if nothing changed.

Set ``HCLOUD_TOKEN``, then ``python dyndns.py example.com home``. Without arguments it shows both on the fake cloud.
"""

from __future__ import annotations

import sys
from urllib.request import urlopen

from hcloud import Client
from hcloud.testing import FakeCloud


def point(client: Client, zone: str, name: str, address: str) -> str:
    """Return a line that says what was done."""
    response = client.zones.put_records(zone, name, "AAAA" if ":" in address else "A", [address], ttl=60).wait()
    return f"{name}.{zone} {'now points' if response.is_changed else 'points'} to {address}"


if len(sys.argv) == 3:
    with urlopen("https://ip.hetzner.com", timeout=10) as page:
        print(point(Client.from_env(), sys.argv[1], sys.argv[2], page.read().decode().strip()))
else:
    fake = FakeCloud().client()
    fake.zones.create(name="example.com", mode="primary").wait()
    for address in ("198.51.100.1", "198.51.100.1", "198.51.100.2"):
        print(point(fake, "example.com", "home", address))
