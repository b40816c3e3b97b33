"""A project of the fake cloud with a resource of each type, all attached to each other."""

from __future__ import annotations

from typing import Any

from hcloud import Client
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector
from hcloud.load_balancers import (
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
)
from hcloud.networks import NetworkSubnet
from hcloud.servers import ServerCreatePublicNetwork
from hcloud.storage_boxes import StorageBoxSubaccountAccessSettings
from hcloud.zones import ZoneRecord, ZoneRRSet

LABELS = {"env": "ci"}
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINxpZMpQ2CiVTFKpMiHTZ5eeB4JOZyZPCGxcBFbBIfKF ci@example.com"


def create_everything(client: Client) -> dict[str, Any]:
    """Create one labelled resource of each type, and labelled parts of resources without the label."""
    network = client.networks.create(
        "net",
        "10.0.0.0/16",
        subnets=[NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.0.0/24")],
        labels=LABELS,
    )
    ssh_key = client.ssh_keys.create("key", PUBLIC_KEY, labels=LABELS)
    group = client.placement_groups.create("group", "spread", labels=LABELS).placement_group
    firewall = client.firewalls.create("firewall", labels=LABELS).firewall
    primary_ip = client.primary_ips.create(
        "ipv4", "ipv4", assignee_type="server", location="fsn1", auto_delete=True, labels=LABELS
    ).primary_ip
    server = (
        client.servers.create(
            "web",
            "cx23",
            "ubuntu-24.04",
            ssh_keys=[ssh_key],
            networks=[network],
            firewalls=[firewall],
            placement_group=group,
            location="fsn1",
            public_net=ServerCreatePublicNetwork(ipv4=primary_ip),
            labels=LABELS,
        )
        .wait()
        .server
    )
    selector = FirewallResource(type="label_selector", label_selector=FirewallResourceLabelSelector(selector="env=ci"))
    client.actions.wait_for(firewall.apply_to_resources([selector]))
    volume = client.volumes.create(10, "data", server=server, labels=LABELS).wait().volume
    floating_ip = client.floating_ips.create("ipv4", server=server, labels=LABELS).wait().floating_ip
    image = server.create_image("snapshot", labels=LABELS).wait().image
    certificate = client.certificates.create_managed("tls", ["example.com"], labels=LABELS).wait().certificate
    service = LoadBalancerService(
        protocol="https",
        listen_port=443,
        destination_port=80,
        proxyprotocol=False,
        http=LoadBalancerServiceHttp(certificates=[certificate]),
        health_check=LoadBalancerHealthCheck(
            protocol="http", port=80, interval=15, timeout=10, retries=3, http=LoadBalancerHealthCheckHttp(path="/")
        ),
    )
    load_balancer = (
        client.load_balancers.create(
            "lb",
            "lb11",
            location="fsn1",
            services=[service],
            targets=[LoadBalancerTarget(type="server", server=server)],
            labels=LABELS,
        )
        .wait()
        .load_balancer
    )
    a_record = ZoneRRSet(name="www", type="A", records=[ZoneRecord("198.51.100.1")], labels=LABELS)
    zone = client.zones.create(name="example.com", mode="primary", rrsets=[a_record], labels=LABELS).wait().zone
    kept_zone = client.zones.create(name="example.org", mode="primary", rrsets=[a_record]).wait().zone
    box = client.storage_boxes.create(
        name="box", storage_box_type="bx11", location="fsn1", password="Secret-Word-2026!", labels=LABELS
    )
    kept_box = client.storage_boxes.create(
        name="kept", storage_box_type="bx11", location="fsn1", password="Secret-Word-2026!"
    )
    client.actions.wait_for([box.action, kept_box.action])
    snapshot = client.storage_boxes.create_snapshot(kept_box.storage_box, description="s", labels=LABELS).wait()
    subaccount = client.storage_boxes.create_subaccount(
        kept_box.storage_box,
        name="sub",
        home_directory="sub",
        password="Secret-Word-2026!",
        access_settings=StorageBoxSubaccountAccessSettings(ssh_enabled=True),
        labels=LABELS,
    ).wait()
    return {
        "load_balancer": load_balancer,
        "server": server,
        "volume": volume,
        "floating_ip": floating_ip,
        "primary_ip": primary_ip,
        "firewall": firewall,
        "network": network,
        "placement_group": group,
        "certificate": certificate,
        "ssh_key": ssh_key,
        "image": image,
        "rrset": kept_zone.get_rrset("www", "A"),
        "zone": zone,
        "snapshot": snapshot.snapshot,
        "subaccount": subaccount.subaccount,
        "storage_box": box.storage_box,
    }
