"""What another function does for the API, under rights of its own."""

from __future__ import annotations

from functools import cache

from waybill.aws.folder_access import RemoteFolderAccess
from waybill.aws.probing import RemoteProbe
from waybill.aws.querying import RemoteQuery
from waybill.aws.trying import RemoteTrial
from waybill.wiring.environment import client, settings


@cache
def prober() -> RemoteProbe:
    return RemoteProbe(client("lambda"), settings().need("probe_function"))


@cache
def querying() -> RemoteQuery:
    return RemoteQuery(client("lambda"), settings().need("query_function"))


@cache
def trial() -> RemoteTrial:
    """Who tries subscriptions, from the API."""
    return RemoteTrial(client("lambda"), settings().need("notify_function"))


@cache
def folder_access() -> RemoteFolderAccess:
    """Who makes and ends the keys of hosted folders, from the API."""
    return RemoteFolderAccess(client("lambda"), settings().need("credentials_function"))
