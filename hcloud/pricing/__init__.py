"""Pricing: what everything costs."""

from __future__ import annotations

from .client import PricingClient
from .domain import (
    BackupPricing,
    FloatingIPPrice,
    FloatingIPPricing,
    FloatingIPTypePricing,
    Pricing,
    PrimaryIPPrice,
    PrimaryIPPricing,
    StoragePricing,
    TypePricing,
)

__all__ = [
    "BackupPricing",
    "FloatingIPPrice",
    "FloatingIPPricing",
    "FloatingIPTypePricing",
    "Pricing",
    "PricingClient",
    "PrimaryIPPrice",
    "PrimaryIPPricing",
    "StoragePricing",
    "TypePricing",
]
