"""Issue an API key: `python -m ops.api_key --stack waybill-dev --tenant acme --name "Acme admin"`.

The key is printed once; only its keyed hash is kept. Needs the operator's own AWS credentials.
"""

from __future__ import annotations

import argparse
import re
import secrets
from datetime import UTC, datetime

import boto3

from waybill.aws.secrets import ManagedSecrets
from waybill.aws.tables.access import AccessTable
from waybill.core.access import AccessKey, Caller, Permission, digest_of, make_key

_TENANT = re.compile(r"^[a-z0-9][a-z0-9-]{1,62}$")


def issue(access_table: str, pepper_secret: str, region: str, caller: Caller) -> str:
    """A new key for `caller`. Raises ValueError for a tenant that no lake key could name."""
    if not _TENANT.match(caller.tenant):
        raise ValueError(f"{caller.tenant!r} is no tenant id; use 2 to 63 of a-z, 0-9 and -")
    vault = ManagedSecrets(boto3.client("secretsmanager", region_name=region), "")
    pepper = vault.read(pepper_secret)["pepper"].encode()
    key_id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(12))
    key = make_key(key_id, secrets.token_urlsafe(32))
    AccessTable(access_table, region).add(AccessKey(key_id, digest_of(key, pepper), caller), datetime.now(UTC))
    return key


def main() -> None:
    parser = argparse.ArgumentParser(description="Issue an API key for a tenant. It is shown once.")
    parser.add_argument("--stack", required=True, help="the CloudFormation stack, such as waybill-dev")
    parser.add_argument("--tenant", required=True, help="the tenant's id: a-z, 0-9 and -")
    parser.add_argument("--name", required=True, help="whose key it is; shown in the log of what it did")
    parser.add_argument("--region", default=None, help="the stack's region; your profile's where it is not given")
    every = [p.value for p in Permission]
    parser.add_argument("--permissions", nargs="+", choices=every, default=every, help="all, where none is given")
    given = parser.parse_args()
    session = boto3.Session(region_name=given.region)
    stacks = session.client("cloudformation").describe_stacks(StackName=given.stack)["Stacks"]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}
    caller = Caller(given.tenant, given.name, frozenset(Permission(p) for p in given.permissions))
    print(issue(outputs["AccessTableName"], outputs["PepperSecretName"], session.region_name, caller))


if __name__ == "__main__":
    main()
