"""Destinations as a person meets them: wrong input of every kind, an SFTP server whose key is confirmed, a wrong password, new
settings, and a hosted folder whose credentials another program uses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect

from sandbox import receivers as receiving
from tests.browser.conftest import Console, Opened
from tests.sandboxed import Tenant

pytestmark = pytest.mark.sandbox

KEYS = {"Bucket name": "acme", "Region": "eu-central-1", "Access key ID": "AKIAX", "Secret access key": "secret"}
SERVER = {"Host name": "192.0.2.1", "Port": "22", "User name": "acme", "Password": "secret"}
MAIL = {"Mail server": "192.0.2.1", "Sender": "waybill@example.com", "Recipients": "journal@example.com"}
WRONG: list[tuple[str, Mapping[str, str | None], str, str, str]] = [
    ("Amazon S3", KEYS, "Bucket name", "s3://Acme", "Is no bucket name"),
    ("Amazon S3", KEYS, "Region", "Frankfurt", "Is no region"),
    ("Amazon S3", KEYS, "Secret access key", "", "Is missing"),
    ("Azure Blob Storage", {"Container name": "exports"}, "Connection string", "AccountName=acme", "AccountKey"),
    ("SFTP", SERVER, "Host name", "sftp://sftp.example.com", "Must be a name alone"),
    ("SFTP", SERVER, "Port", "twenty-two", "Must be a number"),
    ("SFTP", {**SERVER, "Password": None}, "Private key", "ssh-ed25519 AAAA", "Is the public half"),
    ("Hosted folder", {}, "Keep files for months", "121", "120"),
    ("Mail", MAIL, "Recipients", "nobody", "Must be a mail address"),
]


def fill(page: Page, kind: str, fields: Mapping[str, str | None]) -> None:
    page.get_by_role("radio", name=kind).check()
    page.get_by_label("Name", exact=True).fill("Acme's")
    if fields.get("Password", "") is None:
        page.get_by_role("radio", name="With a private key").check()
    for label, value in fields.items():
        if value is not None:
            page.get_by_label(re.compile(rf"^{label}( . optional)?$")).fill(value)


def said_at(page: Page, label: str) -> str:
    """The error beside the field that has the focus, which must be that one."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    return " ".join(page.locator(f"[id='{one}']").inner_text() for one in described)


def test_what_is_wrong_is_said_at_its_field(console: Console) -> None:
    page = console.page
    console.go("/destinations")
    expect(page.get_by_text("No destinations yet")).to_be_visible()
    console.looked_at("destinations-empty")
    console.go("/destinations/new")
    page.get_by_role("button", name="Save and test").click()
    assert "Is missing" in said_at(page, "Name")
    expect(page.get_by_text("Is missing; give it a value.")).to_have_count(5)
    console.looked_at("destination-missing")
    for kind, others, label, value, sentence in WRONG:
        fill(page, kind, {**others, label: value})
        page.get_by_role("button", name="Save and test").click()
        expect(page.get_by_text("It is not saved")).to_be_visible()
        assert sentence in said_at(page, label), (kind, label)
    page.get_by_role("radio", name="SFTP").check()
    page.get_by_label("Port", exact=True).fill("21")
    expect(page.get_by_text("This is the port of FTP")).to_be_visible()


def test_an_sftp_server_from_nothing_to_ready(console: Console, tenant: Tenant) -> None:
    page, server = console.page, tenant.surroundings.sftp
    folder = f"{receiving.PREFIX}/{tenant.name}"
    (server.folder / folder).mkdir(parents=True)
    console.go("/destinations")
    page.get_by_role("button", name="Add destination").first.click()
    fields = {"Host name": server.host, "Port": str(server.port), "User name": server.user, "Path": folder}
    fill(page, "SFTP", {**fields, "Password": "not the password"})
    page.get_by_role("button", name="Save and test").click()

    expect(page.get_by_text("Is this the right server?")).to_be_visible()
    expect(page.get_by_text(server.fingerprint).first).to_be_visible()
    console.looked_at("destination-host-key")
    page.get_by_role("button", name="It is theirs: confirm").click()
    failed = page.get_by_role("listitem").filter(has_text="Log in")
    expect(failed.get_by_role("img", name="Failed")).to_be_visible()
    expect(
        page.get_by_role("listitem").filter(has_text="Rename it").get_by_role("img", name="Not reached")
    ).to_be_visible()

    # The password that was typed is still there, and refused again; then the right one.
    page.get_by_role("button", name="Correct the settings").click()
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("The connection test failed: nothing is saved")).to_be_visible()
    assert "password" in said_at(page, "Password")
    console.looked_at("destination-refused")
    page.get_by_label("Password", exact=True).fill(server.password)
    page.get_by_role("button", name="Save and test").click()

    expect(page.get_by_role("heading", name="Acme's", level=1)).to_be_visible()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    keys = page.get_by_role("table", name="Confirmed host keys")
    expect(keys.get_by_role("row").filter(has_text=server.fingerprint)).to_contain_text("a test")
    console.looked_at("destination-sftp")

    # The name alone; then who may deliver there; then it goes.
    page.get_by_role("button", name="Change settings").click()
    page.get_by_label("Name", exact=True).fill("Files")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("heading", name="Files", level=1)).to_be_visible()
    notices = page.get_by_role("region", name="Notices")
    expect(notices.get_by_text("Files is changed.")).to_be_visible()
    expect(notices.get_by_text("is saved")).to_have_count(0)
    page.get_by_role("button", name="Change who may").click()
    page.get_by_role("radio", name="Some users and groups").check()
    page.get_by_role("textbox", name="Users").fill("anna\nben")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("anna and ben")).to_be_visible()
    (saved,) = tenant.api.get("/destinations")["items"]
    assert (saved["usable"], saved["name"], saved["limited_to"]["users"]) == (True, "Files", ["anna", "ben"])
    assert saved["host_keys"][0]["host_key"] == server.fingerprint
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No destinations yet")).to_be_visible()
    expect(notices.get_by_text("Files is deleted.")).to_be_visible()
    expect(notices.get_by_text("is changed")).to_have_count(0)
    console.go("/rules")
    expect(notices.get_by_text("Files is deleted.")).to_have_count(0)


def test_a_host_key_that_changed_is_shown_beside_the_confirmed_one(console: Console, tenant: Tenant) -> None:
    page, known = console.page, "SHA256:" + "A" * 43
    settings = {**tenant.receivers.sftp(), "host_key": known}
    made = tenant.api.post("/destinations", {"name": "Moved", "kind": "sftp", "settings": settings})
    console.go(f"/destinations/{made['destination_id']}")
    expect(page.get_by_text("The server shows another host key than the confirmed one")).to_be_visible()
    expect(page.get_by_text("somebody may be listening")).to_be_visible()
    for fingerprint in (known, tenant.surroundings.sftp.fingerprint):
        expect(page.get_by_role("alert").or_(page.locator("body")).get_by_text(fingerprint).first).to_be_visible()
    console.looked_at("destination-host-key-changed")
    page.get_by_role("button", name="confirm the new key").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()


def test_a_role_is_told_whom_to_trust(console: Console) -> None:
    page, role = console.page, "arn:aws:iam::000000000000:role/nobody-has-it"
    console.go("/destinations/new")
    page.get_by_role("radio", name="Through a role of yours").check()
    fill(page, "Amazon S3", {"Bucket name": "acme-exports", "Region": "us-east-1", "Role ARN": role})
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("The role has to trust Waybill")).to_be_visible()
    policy = json.loads(page.get_by_role("region", name="Trust policy").inner_text())
    (statement,) = policy["Statement"]
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"].startswith("waybill-")
    console.looked_at("destination-role")
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_role("button", name="Correct the settings")).to_be_visible()


def test_hosted_credentials_are_refreshed_and_used(console: Console, tenant: Tenant) -> None:
    page = console.page
    console.go("/destinations/new")
    page.get_by_role("radio", name="Hosted folder").check()
    page.get_by_label("Name", exact=True).fill("Folder")
    page.get_by_role("button", name="Save and test").click()
    page.get_by_role("button", name="Make credentials").click()
    page.get_by_role("button", name="Make", exact=True).click()
    first = shown_once(page)
    console.looked_at("destination-new-credentials")
    page.get_by_label("I have kept it").check()
    page.get_by_role("button", name="Done").click()
    assert readable(first)
    page.get_by_role("button", name="Refresh credentials").click()
    expect(page.get_by_text("ends", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Refresh", exact=True).click()
    second = shown_once(page)
    page.get_by_label("I have kept it").check()
    page.get_by_role("button", name="Done").click()
    assert (readable(first), readable(second)) == (False, True)
    expect(page.get_by_role("table", name="Credentials").get_by_role("row")).to_have_count(2)
    console.looked_at("destination-hosted")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light"), (390, "dark")])
def test_the_pages_in_other_sizes_and_schemes(opened: Opened, tenant: Tenant, width: int, scheme: str) -> None:
    destination = tenant.api.post("/destinations", {"name": "Folder", "kind": "hosted", "settings": {}})
    console = opened(width, scheme)
    console.sign_in(tenant.api.key)
    for name, place, shown in (
        ("destinations", "/destinations", "Ready"),
        ("destination-new", "/destinations/new", "Bucket name"),
        ("destination", f"/destinations/{destination['destination_id']}", "Delete it"),
    ):
        console.go(place)
        expect(console.page.get_by_text(shown).first).to_be_visible()
        console.looked_at(f"{name}-{scheme}-{width}")


def shown_once(page: Page) -> dict[str, str]:
    """What the settings for the AWS CLI say, as a person would copy them."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("shown this once")).to_be_visible()
    return dict(
        re.findall(
            r"(AWS_\w+|s3 sync|--endpoint-url)[= ](\S+)",
            dialog.get_by_role("region", name="Settings for AWS CLI").inner_text(),
        )
    )


def readable(keys: dict[str, str]) -> bool:
    """Whether they list the folder."""
    client = boto3.client(
        "s3",
        endpoint_url=keys["--endpoint-url"],
        region_name=keys["AWS_DEFAULT_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    bucket, _, prefix = keys["s3 sync"].removeprefix("s3://").partition("/")
    try:
        client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    except ClientError:
        return False
    return True
