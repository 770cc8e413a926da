"""Waybill: the data-export side of a multi-tenant platform."""
