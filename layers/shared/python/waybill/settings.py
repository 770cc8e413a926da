"""The environment, as types, once. Nothing else reads it, and nothing reads it at import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waybill.core.errors import PermanentError
from waybill.core.tokens import ClaimNames


class Settings(BaseModel):
    """Each field is the environment variable of its name in capitals with `WAYBILL_` before it. A function sets only
    those it needs; reading another one raises PermanentError through `need`.
    """

    model_config = ConfigDict(frozen=True)

    stage: str = "dev"
    rules_table: str = ""
    runs_table: str = ""
    run_log_table: str = ""
    backfills_table: str = ""
    holes_table: str = ""
    destinations_table: str = ""
    lake_objects_table: str = ""
    access_table: str = ""
    datasets_table: str = ""
    certificates_table: str = ""
    requests_table: str = ""
    audit_log_table: str = ""
    templates_table: str = ""
    subscriptions_table: str = ""
    attempts_table: str = ""
    lake_bucket: str = ""
    stage_bucket: str = ""
    secret_prefix: str = ""
    pepper_secret: str = ""
    signing_key: str = ""
    dispatch_queue: str = ""
    upstream_bus: str = ""
    fan_out_arn: str = ""
    run_standard_arn: str = ""
    run_express_arn: str = ""
    probe_function: str = ""
    query_function: str = ""
    credentials_function: str = ""
    hosted_bucket: str = ""
    hosted_path: str = ""
    hosted_boundary: str = ""
    ending_role: str = ""
    notify_function: str = ""
    notices_queue: str = ""
    mails_per_minute: int = Field(default=60, ge=1, description="That one tenant may send, ten times as many at once.")
    notification_sender: str = Field(default="", description="From whom mails come; empty where none are sent.")
    console_url: str = ""
    direct_download: bool = Field(default=True, description="Whether anybody may fetch hosted files by a link.")
    no_download_tenants: tuple[str, ...] = Field(default=(), description="Tenants that may not.")
    allowed_networks: tuple[str, ...] = Field(
        default=(), description="Networks beyond the global ones that may be dialled."
    )
    requests_per_minute: int = Field(default=600, ge=1, description="That one API key may send.")
    requests_at_once: int = Field(default=100, ge=1, description="Of these, at one moment.")
    cors_origins: tuple[str, ...] = Field(default=(), description="Whose pages may call the API from a browser.")
    oidc_issuer: str = Field(default="", description="Whose tokens are taken beside API keys; empty for nobody's.")
    oidc_audience: str = ""
    oidc_keys_url: str = Field(default="", pattern=r"^(https://.+)?$")
    oidc_algorithm: Literal["RS256", "PS256", "ES256", "EdDSA"] = "RS256"
    oidc_claims: ClaimNames = ClaimNames()
    row_memory_mib: int = 400

    def need(self, name: str) -> str:
        """The setting of that name; PermanentError where the function was deployed without it."""
        value = getattr(self, name)
        if not value:
            raise PermanentError(
                f"The setting WAYBILL_{name.upper()} is missing.", "Deploy the function from template.yaml."
            )
        return str(value)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from variables; raises PermanentError that names a wrong one."""
    given: dict[str, object] = {
        name: environment[f"WAYBILL_{name.upper()}"]
        for name in Settings.model_fields
        if environment.get(f"WAYBILL_{name.upper()}")
    }
    for name in ("allowed_networks", "no_download_tenants", "cors_origins"):
        listed = given.get(name)
        if isinstance(listed, str):
            given[name] = tuple(n.strip() for n in listed.split(",") if n.strip())
    claims = given.get("oidc_claims")
    if isinstance(claims, str):
        given["oidc_claims"] = dict(one.split("=", 1) for one in claims.split() if "=" in one)
    try:
        return Settings.model_validate(given)
    except ValidationError as wrong:
        raise PermanentError(
            f"The function's settings are wrong: {wrong}", "Correct template.yaml and deploy."
        ) from wrong
