"""Classes and functions of hcloud-python 2.27.0, by the modules that have them: by definition or by import."""

from __future__ import annotations

NAMES = {
    "hcloud": (
        "APIException Client HCloudException constant_backoff_function exponential_backoff_function _client "
        "_exceptions _version actions certificates core datacenters deprecation exp firewalls floating_ips helpers "
        "images isos load_balancer_types load_balancers locations metrics networks placement_groups primary_ips rdns "
        "server_types servers ssh_keys storage_box_types storage_boxes volumes zones"
    ),
    "hcloud._client": (
        "APIException ActionsClient BackoffFunction CertificatesClient Client ClientBase DatacentersClient "
        "FirewallsClient FloatingIPsClient ImagesClient IsosClient LoadBalancerTypesClient LoadBalancersClient "
        "LocationsClient NetworksClient PlacementGroupsClient PrimaryIPsClient SSHKeysClient ServerTypesClient "
        "ServersClient StorageBoxTypesClient StorageBoxesClient VolumesClient ZonesClient _build_user_agent "
        "constant_backoff_function exponential_backoff_function"
    ),
    "hcloud._exceptions": "APIException HCloudException",
    "hcloud.actions": (
        "Action ActionError ActionException ActionFailedException ActionResource ActionTimeoutException "
        "ActionsClient ActionsPageResult BoundAction ResourceActionsClient"
    ),
    "hcloud.actions.client": (
        "Action ActionFailedException ActionTimeoutException ActionsClient ActionsPageResult BoundAction "
        "BoundModelBase Meta ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.actions.domain": (
        "Action ActionError ActionException ActionFailedException ActionResource ActionTimeoutException BaseDomain "
        "HCloudException"
    ),
    "hcloud.certificates": (
        "BoundCertificate Certificate CertificatesClient CertificatesPageResult CreateManagedCertificateResponse "
        "ManagedCertificateError ManagedCertificateStatus"
    ),
    "hcloud.certificates.client": (
        "ActionsPageResult BoundAction BoundCertificate BoundModelBase Certificate CertificatesClient "
        "CertificatesPageResult CreateManagedCertificateResponse ManagedCertificateError ManagedCertificateStatus "
        "Meta ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.certificates.domain": (
        "BaseDomain Certificate CreateManagedCertificateResponse DomainIdentityMixin ManagedCertificateError "
        "ManagedCertificateStatus"
    ),
    "hcloud.core": "BaseDomain BoundModelBase ClientEntityBase DomainIdentityMixin Meta Pagination ResourceClientBase",
    "hcloud.core.client": "BaseDomain BoundModelBase ClientEntityBase ResourceClientBase",
    "hcloud.core.domain": "BaseDomain DomainIdentityMixin Meta Pagination",
    "hcloud.datacenters": "BoundDatacenter Datacenter DatacenterServerTypes DatacentersClient DatacentersPageResult",
    "hcloud.datacenters.client": (
        "BoundDatacenter BoundLocation BoundModelBase BoundServerType Datacenter DatacenterServerTypes "
        "DatacentersClient DatacentersPageResult Meta ResourceClientBase"
    ),
    "hcloud.datacenters.domain": "BaseDomain Datacenter DatacenterServerTypes DomainIdentityMixin",
    "hcloud.deprecation": "DeprecationInfo",
    "hcloud.deprecation.domain": "BaseDomain DeprecationInfo",
    "hcloud.exp.zone": "format_txt_record is_txt_record_quoted",
    "hcloud.firewalls": (
        "BoundFirewall CreateFirewallResponse Firewall FirewallResource FirewallResourceAppliedToResources "
        "FirewallResourceLabelSelector FirewallRule FirewallsClient FirewallsPageResult"
    ),
    "hcloud.firewalls.client": (
        "ActionsPageResult BoundAction BoundFirewall BoundModelBase CreateFirewallResponse Firewall FirewallResource "
        "FirewallResourceAppliedToResources FirewallResourceLabelSelector FirewallRule FirewallsClient "
        "FirewallsPageResult Meta ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.firewalls.domain": (
        "BaseDomain CreateFirewallResponse DomainIdentityMixin Firewall FirewallResource "
        "FirewallResourceAppliedToResources FirewallResourceLabelSelector FirewallRule"
    ),
    "hcloud.floating_ips": (
        "BoundFloatingIP CreateFloatingIPResponse FloatingIP FloatingIPProtection FloatingIPsClient "
        "FloatingIPsPageResult"
    ),
    "hcloud.floating_ips.client": (
        "ActionsPageResult BoundAction BoundFloatingIP BoundLocation BoundModelBase CreateFloatingIPResponse "
        "FloatingIP FloatingIPsClient FloatingIPsPageResult Meta ResourceActionsClient ResourceClientBase "
        "ResourceClientBaseActionsMixin"
    ),
    "hcloud.floating_ips.domain": (
        "BaseDomain CreateFloatingIPResponse DomainIdentityMixin FloatingIP FloatingIPProtection"
    ),
    "hcloud.helpers": "LabelValidator",
    "hcloud.helpers.labels": "LabelValidator",
    "hcloud.images": "BoundImage CreateImageResponse Image ImageProtection ImagesClient ImagesPageResult",
    "hcloud.images.client": (
        "ActionsPageResult BoundAction BoundImage BoundModelBase Image ImagesClient ImagesPageResult Meta "
        "ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.images.domain": "BaseDomain CreateImageResponse DeprecationInfo DomainIdentityMixin Image ImageProtection",
    "hcloud.isos": "BoundIso Iso IsosClient IsosPageResult",
    "hcloud.isos.client": "BoundIso BoundModelBase Iso IsosClient IsosPageResult Meta ResourceClientBase",
    "hcloud.isos.domain": "BaseDomain DeprecationInfo DomainIdentityMixin Iso",
    "hcloud.load_balancer_types": (
        "BoundLoadBalancerType LoadBalancerType LoadBalancerTypesClient LoadBalancerTypesPageResult"
    ),
    "hcloud.load_balancer_types.client": (
        "BoundLoadBalancerType BoundModelBase LoadBalancerType LoadBalancerTypesClient LoadBalancerTypesPageResult "
        "Meta ResourceClientBase"
    ),
    "hcloud.load_balancer_types.domain": "BaseDomain DeprecationInfo DomainIdentityMixin LoadBalancerType",
    "hcloud.load_balancers": (
        "BoundLoadBalancer CreateLoadBalancerResponse GetMetricsResponse IPv4Address IPv6Network LoadBalancer "
        "LoadBalancerAlgorithm LoadBalancerCreatePublicNetwork LoadBalancerHealtCheckHttp LoadBalancerHealthCheck "
        "LoadBalancerHealthCheckHttp LoadBalancerProtection LoadBalancerService LoadBalancerServiceHttp "
        "LoadBalancerTarget LoadBalancerTargetHealthStatus LoadBalancerTargetIP LoadBalancerTargetLabelSelector "
        "LoadBalancersClient LoadBalancersPageResult PrivateNet PublicNetwork"
    ),
    "hcloud.load_balancers.client": (
        "ActionsPageResult BoundAction BoundCertificate BoundLoadBalancer BoundLoadBalancerType BoundLocation "
        "BoundModelBase BoundNetwork BoundPrimaryIP BoundServer CreateLoadBalancerResponse "
        "DeleteLoadBalancerResponse GetMetricsResponse IPv4Address IPv6Network LoadBalancer LoadBalancerAlgorithm "
        "LoadBalancerCreatePublicNetwork LoadBalancerHealthCheck LoadBalancerHealthCheckHttp LoadBalancerService "
        "LoadBalancerServiceHttp LoadBalancerTarget LoadBalancerTargetHealthStatus LoadBalancerTargetIP "
        "LoadBalancerTargetLabelSelector LoadBalancersClient LoadBalancersPageResult Meta Metrics PrivateNet "
        "PublicNetwork ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.load_balancers.domain": (
        "BaseDomain CreateLoadBalancerResponse DeleteLoadBalancerResponse DomainIdentityMixin GetMetricsResponse "
        "IPv4Address IPv6Network LoadBalancer LoadBalancerAlgorithm LoadBalancerCreatePublicNetwork "
        "LoadBalancerHealtCheckHttp LoadBalancerHealthCheck LoadBalancerHealthCheckHttp LoadBalancerProtection "
        "LoadBalancerService LoadBalancerServiceHttp LoadBalancerTarget LoadBalancerTargetHealthStatus "
        "LoadBalancerTargetIP LoadBalancerTargetLabelSelector PrivateNet PublicNetwork"
    ),
    "hcloud.locations": "BoundLocation Location LocationsClient LocationsPageResult",
    "hcloud.locations.client": (
        "BoundLocation BoundModelBase Location LocationsClient LocationsPageResult Meta ResourceClientBase"
    ),
    "hcloud.locations.domain": "BaseDomain DomainIdentityMixin Location",
    "hcloud.metrics": "Metrics",
    "hcloud.metrics.domain": "BaseDomain Metrics",
    "hcloud.networks": (
        "BoundNetwork CreateNetworkResponse Network NetworkMember NetworkProtection NetworkRoute NetworkSubnet "
        "NetworksClient NetworksPageResult"
    ),
    "hcloud.networks.client": (
        "ActionsPageResult BoundAction BoundModelBase BoundNetwork Meta Network NetworkMember "
        "NetworkMembersPageResult NetworkRoute NetworkSubnet NetworksClient NetworksPageResult ResourceActionsClient "
        "ResourceClientBase ResourceClientBaseActionsMixin"
    ),
    "hcloud.networks.domain": (
        "BaseDomain CreateNetworkResponse DomainIdentityMixin Network NetworkMember NetworkProtection NetworkRoute "
        "NetworkSubnet"
    ),
    "hcloud.placement_groups": (
        "BoundPlacementGroup CreatePlacementGroupResponse PlacementGroup PlacementGroupsClient "
        "PlacementGroupsPageResult"
    ),
    "hcloud.placement_groups.client": (
        "BoundAction BoundModelBase BoundPlacementGroup CreatePlacementGroupResponse Meta PlacementGroup "
        "PlacementGroupsClient PlacementGroupsPageResult ResourceClientBase"
    ),
    "hcloud.placement_groups.domain": "BaseDomain CreatePlacementGroupResponse DomainIdentityMixin PlacementGroup",
    "hcloud.primary_ips": (
        "BoundPrimaryIP CreatePrimaryIPResponse PrimaryIP PrimaryIPProtection PrimaryIPsClient PrimaryIPsPageResult"
    ),
    "hcloud.primary_ips.client": (
        "ActionsPageResult BoundAction BoundModelBase BoundPrimaryIP CreatePrimaryIPResponse Meta PrimaryIP "
        "PrimaryIPsClient PrimaryIPsPageResult ResourceActionsClient ResourceClientBase "
        "ResourceClientBaseActionsMixin"
    ),
    "hcloud.primary_ips.domain": "BaseDomain CreatePrimaryIPResponse DomainIdentityMixin PrimaryIP PrimaryIPProtection",
    "hcloud.rdns": "DNSPtr",
    "hcloud.rdns.domain": "DNSPtr",
    "hcloud.server_types": "BoundServerType ServerType ServerTypeLocation ServerTypesClient ServerTypesPageResult",
    "hcloud.server_types.client": (
        "BoundLocation BoundModelBase BoundServerType Meta ResourceClientBase ServerType ServerTypeLocation "
        "ServerTypesClient ServerTypesPageResult"
    ),
    "hcloud.server_types.domain": (
        "BaseDomain BoundLocation DeprecationInfo DomainIdentityMixin ServerType ServerTypeLocation"
    ),
    "hcloud.servers": (
        "BoundServer CreateServerResponse EnableRescueResponse GetMetricsResponse IPv4Address IPv6Network PrivateNet "
        "PublicNetwork PublicNetworkFirewall RebuildResponse RequestConsoleResponse ResetPasswordResponse Server "
        "ServerCreatePublicNetwork ServerProtection ServersClient ServersPageResult"
    ),
    "hcloud.servers.client": (
        "ActionsPageResult BoundAction BoundFirewall BoundFloatingIP BoundImage BoundIso BoundLocation "
        "BoundModelBase BoundPlacementGroup BoundPrimaryIP BoundServer BoundServerType BoundVolume "
        "CreateImageResponse CreateServerResponse EnableRescueResponse GetMetricsResponse IPv4Address IPv6Network "
        "Location Meta Metrics PrivateNet PublicNetwork PublicNetworkFirewall RebuildResponse RequestConsoleResponse "
        "ResetPasswordResponse ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin Server "
        "ServersClient ServersPageResult"
    ),
    "hcloud.servers.domain": (
        "BaseDomain CreateServerResponse DomainIdentityMixin EnableRescueResponse GetMetricsResponse IPv4Address "
        "IPv6Network PrivateNet PublicNetwork PublicNetworkFirewall RebuildResponse RequestConsoleResponse "
        "ResetPasswordResponse Server ServerCreatePublicNetwork ServerProtection"
    ),
    "hcloud.ssh_keys": "BoundSSHKey SSHKey SSHKeysClient SSHKeysPageResult",
    "hcloud.ssh_keys.client": (
        "BoundModelBase BoundSSHKey Meta ResourceClientBase SSHKey SSHKeysClient SSHKeysPageResult"
    ),
    "hcloud.ssh_keys.domain": "BaseDomain DomainIdentityMixin SSHKey",
    "hcloud.storage_box_types": "BoundStorageBoxType StorageBoxType StorageBoxTypesClient StorageBoxTypesPageResult",
    "hcloud.storage_box_types.client": (
        "BoundModelBase BoundStorageBoxType Meta ResourceClientBase StorageBoxType StorageBoxTypesClient "
        "StorageBoxTypesPageResult"
    ),
    "hcloud.storage_box_types.domain": "BaseDomain DeprecationInfo DomainIdentityMixin StorageBoxType",
    "hcloud.storage_boxes": (
        "BoundStorageBox BoundStorageBoxSnapshot BoundStorageBoxSubaccount CreateStorageBoxResponse "
        "CreateStorageBoxSnapshotResponse CreateStorageBoxSubaccountResponse DeleteStorageBoxResponse "
        "DeleteStorageBoxSnapshotResponse DeleteStorageBoxSubaccountResponse StorageBox StorageBoxAccessSettings "
        "StorageBoxFoldersResponse StorageBoxSnapshot StorageBoxSnapshotPlan StorageBoxSnapshotStats "
        "StorageBoxSnapshotsPageResult StorageBoxStats StorageBoxSubaccount StorageBoxSubaccountAccessSettings "
        "StorageBoxSubaccountsPageResult StorageBoxesClient StorageBoxesPageResult"
    ),
    "hcloud.storage_boxes.client": (
        "ActionsPageResult BoundAction BoundLocation BoundModelBase BoundSSHKey BoundStorageBox "
        "BoundStorageBoxSnapshot BoundStorageBoxSubaccount BoundStorageBoxType CreateStorageBoxResponse "
        "CreateStorageBoxSnapshotResponse CreateStorageBoxSubaccountResponse DeleteStorageBoxResponse "
        "DeleteStorageBoxSnapshotResponse DeleteStorageBoxSubaccountResponse Location Meta ResourceActionsClient "
        "ResourceClientBase ResourceClientBaseActionsMixin SSHKey StorageBox StorageBoxAccessSettings "
        "StorageBoxFoldersResponse StorageBoxSnapshot StorageBoxSnapshotPlan StorageBoxSnapshotStats "
        "StorageBoxSnapshotsPageResult StorageBoxStats StorageBoxSubaccount StorageBoxSubaccountAccessSettings "
        "StorageBoxSubaccountsPageResult StorageBoxType StorageBoxesClient StorageBoxesPageResult"
    ),
    "hcloud.storage_boxes.domain": (
        "BaseDomain BoundAction BoundLocation BoundStorageBoxType CreateStorageBoxResponse "
        "CreateStorageBoxSnapshotResponse CreateStorageBoxSubaccountResponse DeleteStorageBoxResponse "
        "DeleteStorageBoxSnapshotResponse DeleteStorageBoxSubaccountResponse DomainIdentityMixin Location StorageBox "
        "StorageBoxAccessSettings StorageBoxFoldersResponse StorageBoxSnapshot StorageBoxSnapshotPlan "
        "StorageBoxSnapshotStats StorageBoxStats StorageBoxSubaccount StorageBoxSubaccountAccessSettings "
        "StorageBoxType"
    ),
    "hcloud.volumes": "BoundVolume CreateVolumeResponse Volume VolumeProtection VolumesClient VolumesPageResult",
    "hcloud.volumes.client": (
        "ActionsPageResult BoundAction BoundLocation BoundModelBase BoundVolume CreateVolumeResponse Meta "
        "ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin Volume VolumesClient "
        "VolumesPageResult"
    ),
    "hcloud.volumes.domain": "BaseDomain CreateVolumeResponse DomainIdentityMixin Volume VolumeProtection",
    "hcloud.zones": (
        "BoundZone BoundZoneRRSet CreateZoneRRSetResponse CreateZoneResponse DeleteZoneRRSetResponse "
        "DeleteZoneResponse ExportZonefileResponse Zone ZoneAuthoritativeNameservers ZonePrimaryNameserver "
        "ZoneProtection ZoneRRSet ZoneRRSetProtection ZoneRRSetsPageResult ZoneRecord ZonesClient ZonesPageResult"
    ),
    "hcloud.zones.client": (
        "ActionsPageResult BoundAction BoundModelBase BoundZone BoundZoneRRSet CreateZoneRRSetResponse "
        "CreateZoneResponse DeleteZoneRRSetResponse DeleteZoneResponse ExportZonefileResponse Meta "
        "ResourceActionsClient ResourceClientBase ResourceClientBaseActionsMixin Zone ZoneAuthoritativeNameservers "
        "ZonePrimaryNameserver ZoneRRSet ZoneRRSetsPageResult ZoneRecord ZonesClient ZonesPageResult"
    ),
    "hcloud.zones.domain": (
        "BaseDomain CreateZoneRRSetResponse CreateZoneResponse DeleteZoneRRSetResponse DeleteZoneResponse "
        "DomainIdentityMixin ExportZonefileResponse Zone ZoneAuthoritativeNameservers ZonePrimaryNameserver "
        "ZoneProtection ZoneRRSet ZoneRRSetProtection ZoneRecord"
    ),
}
