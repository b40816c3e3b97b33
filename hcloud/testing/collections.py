"""Collections of the fake clouds, as type checkers and editors see them; at run time, ``__getattr__`` finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .digitalocean.account import AccountDetails
    from .digitalocean.actions import DigitalOceanActions
    from .digitalocean.droplets import Droplets
    from .digitalocean.images import DigitalOceanImages
    from .digitalocean.regions import Regions
    from .digitalocean.sizes import Sizes
    from .digitalocean.snapshots import Snapshots
    from .digitalocean.ssh_keys import DigitalOceanSSHKeys
    from .digitalocean.tags import Tags
    from .resources.actions import Actions
    from .resources.certificates import Certificates
    from .resources.firewalls import Firewalls
    from .resources.floating_ips import FloatingIPs
    from .resources.images import Images
    from .resources.isos import Isos
    from .resources.load_balancer_types import LoadBalancerTypes
    from .resources.load_balancers import LoadBalancers
    from .resources.locations import Locations
    from .resources.networks import Networks
    from .resources.placement_groups import PlacementGroups
    from .resources.pricing import Prices
    from .resources.primary_ips import PrimaryIPs
    from .resources.server_types import ServerTypes
    from .resources.servers import Servers
    from .resources.ssh_keys import SSHKeys
    from .resources.storage_box_types import StorageBoxTypes
    from .resources.storage_boxes import StorageBoxes
    from .resources.volumes import Volumes
    from .resources.zones import Zones

__all__ = ["DigitalOceanCollections", "HetznerCollections"]


class HetznerCollections:
    """Collections of the first project of a :class:`~hcloud.testing.FakeCloud`."""

    if TYPE_CHECKING:
        actions: Actions
        certificates: Certificates
        firewalls: Firewalls
        floating_ips: FloatingIPs
        images: Images
        isos: Isos
        load_balancer_types: LoadBalancerTypes
        load_balancers: LoadBalancers
        locations: Locations
        networks: Networks
        placement_groups: PlacementGroups
        pricing: Prices
        primary_ips: PrimaryIPs
        server_types: ServerTypes
        servers: Servers
        ssh_keys: SSHKeys
        storage_box_types: StorageBoxTypes
        storage_boxes: StorageBoxes
        volumes: Volumes
        zones: Zones


class DigitalOceanCollections:
    """Collections of the first account of a :class:`~hcloud.testing.FakeDigitalOcean`."""

    if TYPE_CHECKING:
        account: AccountDetails
        actions: DigitalOceanActions
        droplets: Droplets
        images: DigitalOceanImages
        regions: Regions
        sizes: Sizes
        snapshots: Snapshots
        ssh_keys: DigitalOceanSSHKeys
        tags: Tags
