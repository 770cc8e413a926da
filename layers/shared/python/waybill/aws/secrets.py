"""Secrets Manager: one secret a destination, one an archive password. References are all that the rest ever holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class ManagedSecrets:
    """Names are `<prefix>/<tenant>/<name>`, so that a role can be held to the platform's own."""

    def __init__(self, client: SecretsManagerClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def create(self, tenant: str, name: str, value: Mapping[str, str]) -> str:
        reference = f"{self._prefix}/{tenant}/{name}"
        with translated("keeping a secret"):
            self._client.create_secret(Name=reference, SecretString=json.dumps(dict(value)))
        return reference

    def read(self, reference: str) -> Mapping[str, str]:
        with translated("reading a secret"):
            try:
                text = self._client.get_secret_value(SecretId=reference)["SecretString"]
            except ClientError as error:
                if code_of(error) not in {"ResourceNotFoundException", "InvalidRequestException"}:
                    raise
                raise ConfigurationError(
                    "The destination's or archive's secret is gone.", "Save the destination or the password again."
                ) from error
        return {str(k): str(v) for k, v in json.loads(text).items()}

    def remove(self, reference: str) -> None:
        with translated("deleting a secret"):
            try:
                self._client.delete_secret(SecretId=reference, ForceDeleteWithoutRecovery=True)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
