"""What an SFTP server's and paramiko's errors mean for a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from waybill.core.errors import AccessDenied, ConfigurationError, PermanentError, TransientError
from waybill.destinations.failures import CUT, OUR_FAULT, SILENT, Meaning, explained, lineage


@contextmanager
def translated(facts: Mapping[str, str]) -> Iterator[None]:
    from paramiko import SFTPError, SSHException

    try:
        yield
    except (SSHException, SFTPError, OSError, EOFError) as failed:
        raise explained(ERRORS, lineage(failed), facts=facts) from None


def changed() -> TransientError:
    return TransientError("The file arrived with other bytes than were sent.", "Waybill sends it again by itself.")


# -- error map

_CREDENTIAL = Meaning(
    AccessDenied,
    "The server does not accept {credential} for {username}.",
    "Correct {credential}, and see that the server's owner gave {username} access.",
)


class Refused(TransientError):
    """The server could not do it, and its protocol has no word for why."""


def full(path: str) -> ConfigurationError:
    return ConfigurationError(
        f"The server's disk is full at {path}.", "Make room there; then retry the run, which goes on where it stopped."
    )


ERRORS: Mapping[str, Meaning] = {
    "PasswordRequiredException": Meaning(AccessDenied, "private_key is encrypted.", "Save its passphrase."),
    "BadAuthenticationType": Meaning(
        AccessDenied, "The server does not allow logins with {credential}.", "Use the other: password or private_key."
    ),
    "PartialAuthentication": _CREDENTIAL,
    "UnableToAuthenticate": _CREDENTIAL,
    "AuthenticationException": _CREDENTIAL,
    "BadHostKeyException": Meaning(ConfigurationError, "The server's host key is another one.", "Confirm the new one."),
    "IncompatiblePeer": Meaning(
        ConfigurationError, "The server offers only outdated encryption.", "Ask its owner to update its SSH software."
    ),
    "ChannelException": Meaning(
        ConfigurationError, "The server has no SFTP for this user.", "Ask its owner to allow the SFTP subsystem."
    ),
    "CouldNotCanonicalize": OUR_FAULT,
    "ConfigParseError": OUR_FAULT,
    "ProxyCommandFailure": OUR_FAULT,
    "MessageOrderError": CUT,
    "SSHException": CUT,
    "SFTPError": Meaning(PermanentError, "The server does not speak SFTP correctly.", "Tell the server's owner."),
    "NoValidConnectionsError": SILENT,
    "TimeoutError": SILENT,
    "ConnectionError": CUT,
    "EOFError": CUT,
    "FileNotFoundError": Meaning(
        ConfigurationError, "The folder {path} is not on the server.", "Correct path, or create the folder."
    ),
    "PermissionError": Meaning(
        AccessDenied,
        "{username} may not read and write in the folder {path}.",
        "Correct path, or give the user the right.",
    ),
    "OSError": Meaning(
        Refused,
        "The server could not do it and does not say why.",
        "See whether its disk or the user's quota is full, whether the names are too long for it, and whether it needs"
        " channels=1; Waybill tries again by itself.",
    ),
}
