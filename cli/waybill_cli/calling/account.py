"""Which platform is asked, and with which API key: from the environment, or from what `waybill login` keeps."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

ADDRESS, KEY, PROFILE = "WAYBILL_API", "WAYBILL_API_KEY", "WAYBILL_PROFILE"
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NoAccount(Exception):
    """There is no address or no key to ask with; the text says what to do."""


@dataclass(frozen=True)
class Account:
    """`api` is the address below which the paths lie, without a slash at its end. The key is in no `repr`."""

    api: str
    key: str

    def __repr__(self) -> str:
        return f"Account({self.api!r})"


def account(profile: str = "") -> Account:
    """That of the environment, where `WAYBILL_API` and `WAYBILL_API_KEY` are both set and no profile is named, else the kept
    one. Raises NoAccount.
    """
    address, key = os.environ.get(ADDRESS, ""), os.environ.get(KEY, "")
    if address and key and not profile:
        return Account(checked_address(address), checked_key(key))
    path = kept_in(profile)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Account(checked_address(str(kept["api"])), checked_key(str(kept["key"])))
    except FileNotFoundError:
        raise NoAccount(f"You are not logged in. Run `waybill login`, or set {ADDRESS} and {KEY}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NoAccount(f"{path} cannot be read as a login. Run `waybill login` again.") from None


def keep(account: Account, profile: str = "") -> Path:
    """Replaces what was kept under that name; readable by its owner alone. Returns the file. Raises NoAccount, OSError."""
    path = kept_in(profile)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"api": account.api, "key": account.key}, file)
    fresh.replace(path)
    return path


def forget(profile: str = "") -> bool:
    """Whether there was something to forget."""
    path = kept_in(profile)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def kept_in(profile: str = "") -> Path:
    """XDG Base Directory Specification: `$XDG_CONFIG_HOME`, else `~/.config`."""
    name = profile or os.environ.get(PROFILE, "") or "default"
    if not _PROFILE.fullmatch(name):
        raise NoAccount(f"{name!r} is no name for a profile: use letters, digits, dots, underscores and hyphens.")
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else Path.home() / ".config") / "waybill" / f"{name}.json"


def checked_address(text: str) -> str:
    """Raises NoAccount for what is no address, and for one over which a key would go in the clear."""
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
        raise NoAccount(f"{text!r} is no address of a platform; one looks like https://export.example.com/v1.")
    if parts.scheme == "http" and not _on_this_machine(host):
        raise NoAccount(f"{text} is not encrypted: your key could be read on its way. Use https.")
    return text


def checked_key(text: str) -> str:
    """Raises NoAccount for what is no API key."""
    text = text.strip()
    if not text.isascii() or not text.isprintable() or " " in text or not text.startswith("wb_"):
        raise NoAccount("That is no API key of Waybill: one starts with wb_ and has no spaces.")
    return text


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
