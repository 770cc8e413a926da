"""How a tenant logs in: with a password, or with a private key in whatever form its user has it."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waybill.core.errors import AccessDenied

if TYPE_CHECKING:
    import paramiko

_PUBLIC = re.compile(
    r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ AAAA|-{4,5} ?BEGIN ([A-Z0-9]+ )*(PUBLIC KEY|CERTIFICATE) ?-{4,5}"
)
_PUTTY = "PuTTY-User-Key-File-"


@dataclass(frozen=True)
class Login:
    username: str
    password: str | None = field(repr=False)
    private_key: str | None = field(repr=False)
    passphrase: str | None = field(repr=False)

    @property
    def credential(self) -> str:
        return "password" if self.private_key is None else "private_key"


def checked_key(text: str) -> str:
    """The text, if it may be a private key. Raises ValueError with a sentence that holds nothing of it."""
    if _PUBLIC.match(text.lstrip()):
        raise ValueError("is the public half; give the other file, the one that the server's owner does not have")
    if text.lstrip().startswith(_PUTTY):
        raise ValueError("is in PuTTY's form; in PuTTYgen, choose Conversions, Export OpenSSH key, and give that file")
    if not re.match(r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----", text.lstrip()):
        raise ValueError("must be the whole text of the private key file, from -----BEGIN to its last line")
    return text


def private_key(text: str, passphrase: str | None) -> paramiko.PKey:
    """The key of an OpenSSH or PEM text (PKCS #1, SEC 1, PKCS #8). Raises AccessDenied, which says what to correct."""
    import paramiko
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    kinds: tuple[tuple[type, type[paramiko.PKey]], ...] = (
        (Ed25519PrivateKey, paramiko.Ed25519Key),
        (EllipticCurvePrivateKey, paramiko.ECDSAKey),
        (RSAPrivateKey, paramiko.RSAKey),
    )
    key = _loaded(text, passphrase)
    made = next((made for kind, made in kinds if isinstance(key, kind)), None)
    if made is None:
        raise AccessDenied("private_key is of a kind that is no more in use.", "Make an Ed25519 key, and save that.")
    # paramiko reads fewer forms than there are, but this one it reads of every kind.
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return made.from_private_key(io.StringIO(plain.decode()))


def _loaded(text: str, passphrase: str | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if "BEGIN OPENSSH " in text else load_pem_private_key
    content, secret = text.strip().encode() + b"\n", passphrase.encode() if passphrase else None
    try:
        return _tried(load, content, secret)
    except UnsupportedAlgorithm:
        raise AccessDenied(
            "private_key is of a kind, or encrypted in a way, that Waybill does not know.",
            "Make an Ed25519 key with ssh-keygen -t ed25519, and save that.",
        ) from None
    except TypeError:  # it is encrypted, and there is no passphrase
        raise AccessDenied("private_key is encrypted and passphrase is not set.", "Save its passphrase.") from None
    except ValueError:
        if secret and _is_encrypted(load, content):
            raise AccessDenied("passphrase does not open private_key.", "Save the right passphrase.") from None
        raise AccessDenied(
            "private_key cannot be read: its text is damaged.",
            "Save the whole private key file, with its first and its last line.",
        ) from None


def _tried(load: Any, content: bytes, secret: bytes | None) -> Any:
    try:
        return load(content, secret)
    except TypeError:
        if secret is None:
            raise
        return load(content, None)  # a passphrase that nothing asks for does no harm


def _is_encrypted(load: Any, content: bytes) -> bool:
    try:
        load(content, None)
    except TypeError:
        return True
    except ValueError:
        return False
    return False
