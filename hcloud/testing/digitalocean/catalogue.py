"""What DigitalOcean offers from the start: names and shapes as in autumn 2026, prices made up but plausible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..schema import Record

__all__ = ["BACKUP_PLANS", "ActionByTag", "DistributionName", "DropletAction", "images", "regions", "sizes"]

DistributionName = Literal[
    "Arch Linux", "CentOS", "CoreOS", "Debian", "Fedora", "Fedora Atomic", "FreeBSD", "Gentoo", "openSUSE",
    "RancherOS", "Rocky Linux", "Ubuntu", "Unknown",
]  # fmt: skip
ActionByTag = Literal[
    "enable_backups", "disable_backups", "power_cycle", "shutdown", "power_off", "power_on", "enable_ipv6", "snapshot",
]  # fmt: skip
DropletAction = Literal[
    ActionByTag, "change_backup_policy", "reboot", "restore", "password_reset", "resize", "rebuild", "rename",
    "change_kernel",
]  # fmt: skip
BACKUP_PLANS: list[Record] = [
    {
        "name": name,
        "possible_window_starts": [0, 4, 8, 12, 16, 20],
        "window_length_hours": 4,
        "retention_period_days": days,
        "possible_days": possible,
    }
    for name, days, possible in (("weekly", 28, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]), ("daily", 7, []))
]

_REGIONS = (
    ("nyc1", "New York 1"), ("nyc2", "New York 2"), ("nyc3", "New York 3"), ("sfo2", "San Francisco 2"),
    ("sfo3", "San Francisco 3"), ("ams3", "Amsterdam 3"), ("sgp1", "Singapore 1"), ("lon1", "London 1"),
    ("fra1", "Frankfurt 1"), ("tor1", "Toronto 1"), ("blr1", "Bangalore 1"), ("syd1", "Sydney 1"),
)  # fmt: skip
# slug, memory, vcpus, disk, transfer, US dollars a month, family
_SIZES = (
    ("s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4, "Basic"),
    ("s-1vcpu-1gb", 1024, 1, 25, 1, 6, "Basic"),
    ("s-1vcpu-2gb", 2048, 1, 50, 2, 12, "Basic"),
    ("s-2vcpu-2gb", 2048, 2, 60, 3, 18, "Basic"),
    ("s-2vcpu-4gb", 4096, 2, 80, 4, 24, "Basic"),
    ("s-4vcpu-8gb", 8192, 4, 160, 5, 48, "Basic"),
    ("c-2", 4096, 2, 25, 4, 42, "CPU-Optimized"),
    ("g-2vcpu-8gb", 8192, 2, 25, 4, 63, "General Purpose"),
)
# id, slug, name, distribution, type
_IMAGES = (
    (195932981, "debian-12-x64", "12 x64", "Debian", "base"),
    (199440801, "debian-13-x64", "13 x64", "Debian", "base"),
    (195932001, "fedora-42-x64", "42 x64", "Fedora", "base"),
    (195932501, "rockylinux-9-x64", "9 x64", "Rocky Linux", "base"),
    (195931901, "ubuntu-22-04-x64", "22.04 (LTS) x64", "Ubuntu", "base"),
    (195929801, "ubuntu-24-04-x64", "24.04 (LTS) x64", "Ubuntu", "base"),
    (195872801, "docker-20-04", "Docker on Ubuntu 22.04", "Ubuntu", "snapshot"),
    (195872901, "wordpress-20-04", "WordPress on Ubuntu 22.04", "Ubuntu", "snapshot"),
)
_EVERYWHERE = [slug for slug, _ in _REGIONS]


def regions() -> Iterator[Record]:
    """The regions."""
    for number, (slug, name) in enumerate(_REGIONS, 1):
        yield {
            "id": number,
            "name": name,
            "slug": slug,
            "features": ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"],
            "available": slug != "nyc2",
            "sizes": [size[0] for size in _SIZES],
        }


def sizes() -> Iterator[Record]:
    """The sizes."""
    for number, (slug, memory, vcpus, disk, transfer, price, family) in enumerate(_SIZES, 1):
        yield {
            "id": number,
            "slug": slug,
            "memory": memory,
            "vcpus": vcpus,
            "disk": disk,
            "transfer": transfer,
            "price_monthly": price,
            "price_hourly": round(price / 672, 5),
            "regions": list(_EVERYWHERE),
            "available": True,
            "description": family,
            "disk_info": [{"type": "local", "size": {"amount": disk, "unit": "gib"}}],
        }


def images() -> Iterator[Record]:
    """The images that are offered to all."""
    for number, slug, name, distribution, kind in _IMAGES:
        yield {
            "id": number,
            "name": name,
            "type": kind,
            "distribution": distribution,
            "slug": slug,
            "public": True,
            "regions": list(_EVERYWHERE),
            "created_at": "2026-05-15T05:47:50Z",
            "min_disk_size": 10 if kind == "base" else 25,
            "size_gigabytes": 2.36,
            "description": f"{distribution} {name}",
            "tags": [],
            "status": "available",
            "error_message": "",
        }
