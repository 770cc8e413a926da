from __future__ import annotations

import pytest
from pydantic import BaseModel, SecretStr

from waybill.core.deliver import ProbeStep
from waybill.core.destination import refuse_failed, split_secrets, usable
from waybill.core.errors import InvalidInput


class Config(BaseModel):
    host: str
    host_key: str | None = None
    password: SecretStr | None = None
    passphrase: SecretStr | None = None


def test_secrets_are_split_off_and_unset_ones_are_nowhere() -> None:
    plain, secret = split_secrets(Config(host="sftp.example.com", password=SecretStr("tell nobody")))
    assert plain == {"host": "sftp.example.com", "host_key": None}
    assert secret == {"password": "tell nobody"}


def test_a_failed_step_names_the_field_that_it_speaks_of() -> None:
    steps = [
        ProbeStep("resolve", True, "sftp.example.com is at 192.0.2.1"),
        ProbeStep("connect", False, "Nobody answers.", "Correct host, or ask the server's owner."),
    ]
    with pytest.raises(InvalidInput) as caught:
        refuse_failed(steps, Config.model_fields)
    assert [(e.field, e.message) for e in caught.value.errors] == [
        ("settings.host", "Nobody answers. Correct host, or ask the server's owner.")
    ]


def test_a_host_key_that_waits_and_a_good_probe_are_no_failures() -> None:
    refuse_failed([ProbeStep("host_key", False, "not confirmed", "Save host_key.")], Config.model_fields)
    refuse_failed([ProbeStep("resolve", True, "found")], Config.model_fields)
    refuse_failed([], Config.model_fields)


def test_a_role_that_waits_for_its_external_id_is_no_failure() -> None:
    waits = [ProbeStep("assume_role", False, "The role of role_arn does not let us in.", "Let it.")]
    refuse_failed(waits, Config.model_fields)
    assert not usable(waits, force=False)
    assert usable(waits, force=True)


def test_a_role_that_anybody_may_use_is_refused_whoever_forces_it() -> None:
    steps = [ProbeStep("assume_role", True, "Fine."), ProbeStep("external_id", False, "Anybody can.", "Ask for it.")]
    for force in (False, True):
        with pytest.raises(InvalidInput):
            refuse_failed(steps, Config.model_fields, force=force)
        assert not usable(steps, force=force)


def test_what_is_forced_is_kept_and_usable() -> None:
    steps = [ProbeStep("connect", False, "Nobody answers.", "Ask.")]
    refuse_failed(steps, Config.model_fields, force=True)
    assert usable(steps, force=True)
    assert not usable(steps, force=False)
    assert not usable([], force=False)
