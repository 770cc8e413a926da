"""Waybill: the data-export side of a multi-tenant platform."""

import zoneinfo

# Zones come from the pinned tzdata, whose version every run records, and never from what the machine has of its own.
zoneinfo.reset_tzpath(to=())
