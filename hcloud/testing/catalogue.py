"""Initial records of the cloud: types, images and ISOs as of autumn 2026, with fictitious but plausible prices.

The tables come first, then the functions that convert them to records.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from .schema import Record

__all__ = [
    "LOCATIONS",
    "VAT_RATE",
    "deprecation",
    "images",
    "isos",
    "load_balancer_types",
    "location",
    "price",
    "pricing",
    "server_types",
    "storage_box_types",
]

VAT_RATE = 19

LOCATIONS: list[Record] = [
    {
        "id": number,
        "name": name,
        "description": description,
        "country": country,
        "city": city,
        "latitude": latitude,
        "longitude": longitude,
        "network_zone": zone,
    }
    for number, name, description, country, city, latitude, longitude, zone in (
        (1, "fsn1", "Falkenstein DC Park 1", "DE", "Falkenstein", 50.47612, 12.370071, "eu-central"),
        (2, "nbg1", "Nuremberg DC Park 1", "DE", "Nuremberg", 49.452102, 11.076665, "eu-central"),
        (3, "hel1", "Helsinki DC Park 1", "FI", "Helsinki", 60.169855, 24.938379, "eu-central"),
        (4, "ash", "Ashburn, VA", "US", "Ashburn, VA", 39.045821, -77.487073, "us-east"),
        (5, "hil", "Hillsboro, OR", "US", "Hillsboro, OR", 45.54222, -122.951924, "us-west"),
        (6, "sin", "Singapore", "SG", "Singapore", 1.283333, 103.833333, "ap-southeast"),
    )
]

_EUROPE = ("fsn1", "nbg1", "hel1")
_OVERSEAS = ("ash", "hil", "sin")
_ANYWHERE = _EUROPE + _OVERSEAS
_EUROPE_AND_SINGAPORE = (*_EUROPE, "sin")
_SURCHARGE = {"ash": 1.15, "hil": 1.15, "sin": 1.4}
_TRAFFIC_TB = {"fsn1": 20, "nbg1": 20, "hel1": 20, "ash": 1, "hil": 1, "sin": 0.5}
_TB = 1024**4

_UNAVAILABLE = ("2024-06-06T08:00:00+00:00", "2024-09-06T00:00:00+00:00")
_DEPRECATED = ("2026-09-01T08:00:00+00:00", "2026-12-31T23:59:59+00:00")

# ID, name, cores, memory, disk, CPU, architecture, category, net price per month, locations,
# deprecation (announced, unavailable after)
_SERVER_TYPES: tuple[
    tuple[int, str, int, int, int, str, str, str, float, tuple[str, ...], tuple[str, str] | None], ...
] = (
    (1, "cx11", 1, 2, 20, "shared", "x86", "Cost-Optimized", 3.29, _EUROPE, _UNAVAILABLE),
    (22, "cpx11", 2, 2, 40, "shared", "x86", "Regular Performance", 4.35, _ANYWHERE, None),
    (23, "cpx21", 3, 4, 80, "shared", "x86", "Regular Performance", 7.55, _ANYWHERE, None),
    (24, "cpx31", 4, 8, 160, "shared", "x86", "Regular Performance", 13.6, _ANYWHERE, None),
    (25, "cpx41", 8, 16, 240, "shared", "x86", "Regular Performance", 25.2, _ANYWHERE, None),
    (26, "cpx51", 16, 32, 360, "shared", "x86", "Regular Performance", 54.9, _ANYWHERE, None),
    (45, "cax11", 2, 4, 40, "shared", "arm", "Cost-Optimized", 3.79, _EUROPE, None),
    (93, "cax21", 4, 8, 80, "shared", "arm", "Cost-Optimized", 6.49, _EUROPE, None),
    (94, "cax31", 8, 16, 160, "shared", "arm", "Cost-Optimized", 12.49, _EUROPE, None),
    (95, "cax41", 16, 32, 320, "shared", "arm", "Cost-Optimized", 24.49, _EUROPE, None),
    (96, "ccx13", 2, 8, 80, "dedicated", "x86", "General Purpose", 12.49, _ANYWHERE, None),
    (97, "ccx23", 4, 16, 160, "dedicated", "x86", "General Purpose", 24.49, _ANYWHERE, None),
    (98, "ccx33", 8, 32, 240, "dedicated", "x86", "General Purpose", 48.49, _ANYWHERE, None),
    (99, "ccx43", 16, 64, 360, "dedicated", "x86", "General Purpose", 96.49, _ANYWHERE, None),
    (100, "ccx53", 32, 128, 600, "dedicated", "x86", "General Purpose", 192.49, _ANYWHERE, None),
    (101, "ccx63", 48, 192, 960, "dedicated", "x86", "General Purpose", 288.49, _ANYWHERE, None),
    (104, "cx22", 2, 4, 40, "shared", "x86", "Cost-Optimized", 3.79, _EUROPE, _DEPRECATED),
    (105, "cx32", 4, 8, 80, "shared", "x86", "Cost-Optimized", 6.8, _EUROPE, _DEPRECATED),
    (106, "cx42", 8, 16, 160, "shared", "x86", "Cost-Optimized", 16.4, _EUROPE, _DEPRECATED),
    (107, "cx52", 16, 32, 320, "shared", "x86", "Cost-Optimized", 32.4, _EUROPE, _DEPRECATED),
    (108, "cpx12", 1, 2, 40, "shared", "x86", "Regular Performance", 5.49, _EUROPE_AND_SINGAPORE, None),
    (109, "cpx22", 2, 4, 80, "shared", "x86", "Regular Performance", 6.49, _EUROPE_AND_SINGAPORE, None),
    (110, "cpx32", 4, 8, 160, "shared", "x86", "Regular Performance", 10.99, _EUROPE_AND_SINGAPORE, None),
    (111, "cpx42", 8, 16, 320, "shared", "x86", "Regular Performance", 19.99, _EUROPE_AND_SINGAPORE, None),
    (112, "cpx52", 12, 24, 480, "shared", "x86", "Regular Performance", 28.49, _EUROPE_AND_SINGAPORE, None),
    (113, "cpx62", 16, 32, 640, "shared", "x86", "Regular Performance", 38.99, _EUROPE_AND_SINGAPORE, None),
    (114, "cx23", 2, 4, 40, "shared", "x86", "Cost-Optimized", 2.99, _EUROPE, None),
    (115, "cx33", 4, 8, 80, "shared", "x86", "Cost-Optimized", 4.99, _EUROPE, None),
    (116, "cx43", 8, 16, 160, "shared", "x86", "Cost-Optimized", 9.49, _EUROPE, None),
    (117, "cx53", 16, 32, 320, "shared", "x86", "Cost-Optimized", 17.49, _EUROPE, None),
)

# flavor, version, description, ID for x86, ID for arm, created, deprecation (announced, unavailable after)
_SYSTEM_IMAGES: tuple[tuple[str, str, str, int, int, str, tuple[str, str] | None], ...] = (
    ("ubuntu", "20.04", "Ubuntu 20.04", 15512617, 103908130, "2020-04-23T17:55:14", ("2025-05-12", "2026-12-01")),
    ("debian", "11", "Debian 11", 45557056, 103907373, "2021-08-16T11:12:01", ("2026-08-24", "2026-11-30")),
    ("centos", "stream-9", "CentOS Stream 9", 45778092, 103908070, "2021-08-25T07:20:00", None),
    ("ubuntu", "22.04", "Ubuntu 22.04", 67794396, 103908140, "2022-04-21T13:32:38", None),
    ("rocky", "8", "Rocky Linux 8", 45779228, 103908120, "2021-08-25T08:40:00", None),
    ("rocky", "9", "Rocky Linux 9", 76766499, 103908105, "2022-07-19T10:10:10", None),
    ("alma", "8", "AlmaLinux 8", 45778093, 103908080, "2021-08-25T07:21:00", None),
    ("alma", "9", "AlmaLinux 9", 68104901, 103908090, "2022-05-27T07:00:00", None),
    ("debian", "12", "Debian 12", 114690387, 114690389, "2023-06-13T06:00:02", None),
    ("ubuntu", "24.04", "Ubuntu 24.04", 161547269, 161547270, "2024-04-25T13:26:27", None),
    ("opensuse", "15", "openSUSE Leap 15", 109115256, 109115257, "2023-05-04T07:00:00", None),
    ("fedora", "41", "Fedora 41", 192254398, 192254399, "2024-10-30T08:00:00", ("2026-05-27", "2026-12-19")),
    ("fedora", "42", "Fedora 42", 193545681, 193545682, "2025-04-16T08:00:00", None),
    ("alma", "10", "AlmaLinux 10", 194545681, 194545682, "2025-06-03T08:00:00", None),
    ("rocky", "10", "Rocky Linux 10", 194645681, 194645682, "2025-06-17T08:00:00", None),
    ("centos", "stream-10", "CentOS Stream 10", 194745681, 194745682, "2025-06-20T08:00:00", None),
    ("debian", "13", "Debian 13", 195545681, 195545682, "2025-08-11T08:00:00", None),
    ("opensuse", "16", "openSUSE Leap 16", 196545681, 196545682, "2025-10-06T08:00:00", None),
    ("ubuntu", "26.04", "Ubuntu 26.04", 198545681, 198545682, "2026-04-24T08:00:00", None),
)

# ID, name, description
_APP_IMAGES = (
    (40093247, "docker-ce", "Docker CE"),
    (40093257, "lamp", "LAMP"),
    (40093267, "nextcloud", "Nextcloud"),
    (40093277, "wordpress", "WordPress"),
    (40093287, "gitlab", "GitLab"),
    (40093297, "jitsi", "Jitsi"),
    (40093307, "go", "Go"),
    (40093317, "ruby", "Ruby"),
    (40093327, "wireguard", "WireGuard"),
    (40093337, "collab-tools", "Collab Tools"),
)

# ID, name, description, architecture (empty for any)
_ISOS = (
    (8637, "virtio-win-0.1.271.iso", "virtio 0.1.271", "x86"),
    (26433, "FreeBSD-13.5-RELEASE-amd64-dvd1.iso", "FreeBSD 13.5", "x86"),
    (26434, "OpenBSD-7.7-amd64.iso", "OpenBSD 7.7", "x86"),
    (96442, "netboot.xyz.iso", "netboot.xyz", ""),
    (110514, "nixos-minimal-25.05-x86_64-linux.iso", "NixOS 25.05 (amd64/minimal)", "x86"),
    (110515, "nixos-minimal-25.05-aarch64-linux.iso", "NixOS 25.05 (arm64/minimal)", "arm"),
    (116330, "debian-12.11.0-amd64-netinst.iso", "Debian 12.11 (amd64/netinstall)", "x86"),
    (116331, "debian-12.11.0-arm64-netinst.iso", "Debian 12.11 (arm64/netinstall)", "arm"),
    (118442, "alpine-virt-3.22.0-x86_64.iso", "Alpine Linux 3.22 (amd64)", "x86"),
    (118443, "alpine-virt-3.22.0-aarch64.iso", "Alpine Linux 3.22 (arm64)", "arm"),
    (120102, "ubuntu-24.04.3-live-server-amd64.iso", "Ubuntu 24.04.3 LTS Server (amd64)", "x86"),
    (120103, "ubuntu-24.04.3-live-server-arm64.iso", "Ubuntu 24.04.3 LTS Server (arm64)", "arm"),
    (122898, "systemrescue-12.02-amd64.iso", "SystemRescue 12.02", "x86"),
)

# ID, name, connections, services, targets, certificates, net price per month
_LOAD_BALANCER_TYPES = (
    (1, "lb11", 10_000, 5, 25, 10, 5.39),
    (2, "lb21", 20_000, 15, 75, 25, 16.4),
    (3, "lb31", 40_000, 30, 150, 50, 32.9),
)

# ID, name, terabytes, limit of snapshots and of automatic snapshots, net price per month
_STORAGE_BOX_TYPES = (
    (1333, "bx11", 1, 10, 3.2),
    (1334, "bx21", 5, 20, 10.9),
    (1335, "bx31", 10, 30, 20.8),
    (1336, "bx41", 20, 40, 40.6),
)

# net prices per month
_FLOATING_IPS = {"ipv4": 3.0, "ipv6": 1.0}
_PRIMARY_IPS = {"ipv4": 0.5, "ipv6": 0.0}


def deprecation(announced: str, unavailable_after: str) -> Record:
    """Return a deprecation."""
    return {"announced": announced, "unavailable_after": unavailable_after}


def price(net: float, digits: int = 10) -> Record:
    """Return a price in the format of the API.

    :param digits: Decimal places
    """
    return {"net": f"{net:.{digits}f}", "gross": f"{net * (100 + VAT_RATE) / 100:.{digits}f}"}


@lru_cache(maxsize=1)
def _location_ids() -> dict[str, int]:
    return {record["name"]: record["id"] for record in LOCATIONS}


def location(name: str) -> Record:
    """Return a location by name."""
    return next(record for record in LOCATIONS if record["name"] == name)


def prices(net: float, locations: tuple[str, ...]) -> list[Record]:
    """Return prices by location.

    :param net: Net price per month in Europe; other locations have a surcharge
    :param locations: Names of the locations
    """
    return [
        {
            "location": name,
            "price_hourly": price(net * _SURCHARGE.get(name, 1) / 625),
            "price_monthly": price(net * _SURCHARGE.get(name, 1)),
            "included_traffic": int(_TRAFFIC_TB[name] * _TB),
            "price_per_tb_traffic": price(7.4 if name == "sin" else 1.0),
        }
        for name in locations
    ]


def server_types() -> Iterator[Record]:
    """Yield the server types."""
    for number, name, cores, memory, disk, cpu, architecture, category, net, locations, dates in _SERVER_TYPES:
        yield {
            "id": number,
            "name": name,
            "description": name.upper(),
            "cores": cores,
            "memory": float(memory),
            "disk": disk,
            "deprecated": dates is not None,
            "prices": prices(net, locations),
            "storage_type": "local",
            "cpu_type": cpu,
            "architecture": architecture,
            "category": category,
            "deprecation": deprecation(*dates) if dates else None,
            "locations": [
                {
                    "id": _location_ids()[location_name],
                    "name": location_name,
                    "deprecation": deprecation(*dates) if dates else None,
                    "available": dates != _UNAVAILABLE,
                    "recommended": dates is None and location_name not in _OVERSEAS,
                }
                for location_name in locations
            ],
        }


def _image(
    number: int, type: str, name: str, description: str, flavor: str, version: str | None, created: str
) -> Record:
    return {
        "id": number,
        "type": type,
        "status": "available",
        "name": name,
        "description": description,
        "image_size": None,
        "disk_size": 5 if type == "system" else 20,
        "created": created,
        "created_from": None,
        "bound_to": None,
        "os_flavor": flavor,
        "os_version": version,
        "rapid_deploy": type == "system",
        "protection": {"delete": False},
        "deprecation": None,
        "deleted": None,
        "labels": {},
        "architecture": "x86",
    }


def images() -> list[Record]:
    """Return the system and app images, sorted by ID."""
    records = [
        _image(number, "app", name, description, "ubuntu", "24.04", "2024-05-07T08:00:00+00:00")
        for number, name, description in _APP_IMAGES
    ]
    for flavor, version, description, x86, arm, created, dates in _SYSTEM_IMAGES:
        for number, architecture in ((x86, "x86"), (arm, "arm")):
            image = _image(number, "system", f"{flavor}-{version}", description, flavor, version, f"{created}+00:00")
            image["architecture"] = architecture
            if dates:
                image["deprecation"] = deprecation(*(f"{day}T00:00:00+00:00" for day in dates))
            records.append(image)
    return sorted(records, key=lambda image: image["id"])


def load_balancer_types() -> Iterator[Record]:
    """Yield the load balancer types."""
    for number, name, connections, services, targets, certificates, net in _LOAD_BALANCER_TYPES:
        yield {
            "id": number,
            "name": name,
            "description": name.upper(),
            "max_connections": connections,
            "max_services": services,
            "max_targets": targets,
            "max_assigned_certificates": certificates,
            "prices": prices(net, _ANYWHERE),
            "deprecated": None,
            "deprecation": None,
        }


def storage_box_types() -> Iterator[Record]:
    """Yield the storage box types."""
    for number, name, terabytes, snapshots, net in _STORAGE_BOX_TYPES:
        yield {
            "id": number,
            "name": name,
            "description": name.upper(),
            "snapshot_limit": snapshots,
            "automatic_snapshot_limit": snapshots,
            "subaccounts_limit": 100,
            "size": terabytes * _TB,
            "prices": [
                {
                    "location": location_name,
                    "price_hourly": price(net / 625, 4),
                    "price_monthly": price(net, 4),
                    "setup_fee": price(0, 4),
                }
                for location_name in ("fsn1", "hel1")
            ],
            "deprecation": None,
        }


def isos() -> Iterator[Record]:
    """Yield the public ISOs."""
    for number, name, description, architecture in _ISOS:
        yield {
            "id": number,
            "name": name,
            "description": description,
            "type": "public",
            "architecture": architecture or None,
            "deprecation": None,
        }


def pricing() -> Record:
    """Return the prices, without those of server types and load balancer types."""
    return {
        "currency": "EUR",
        "vat_rate": f"{VAT_RATE:.6f}",
        "image": {"price_per_gb_month": price(0.011)},
        "volume": {"price_per_gb_month": price(0.044)},
        "server_backup": {"percentage": "20.0000000000"},
        "floating_ip": {"price_monthly": price(_FLOATING_IPS["ipv4"])},
        "floating_ips": [
            {"type": version, "prices": [{"location": name, "price_monthly": price(net)} for name in _ANYWHERE]}
            for version, net in _FLOATING_IPS.items()
        ],
        "primary_ips": [
            {
                "type": version,
                "prices": [
                    {"location": name, "price_hourly": price(net / 625), "price_monthly": price(net)}
                    for name in _ANYWHERE
                ],
            }
            for version, net in _PRIMARY_IPS.items()
        ],
    }
