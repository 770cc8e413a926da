"""Certificates, envelopes and signatures as the `openssl` program makes them."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from waybill.media.keyring import HeldCertificate, held

NOW = datetime.now(UTC)
RSA = ("-newkey", "rsa:2048")
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*arguments: str | Path) -> bytes:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path

    @property
    def held(self) -> HeldCertificate:
        return held(self.certificate.read_text(), self.key.read_text)

    @property
    def public(self) -> HeldCertificate:
        return held(self.certificate.read_text(), str)


def identity(folder: Path, name: str, kind: tuple[str, ...] = RSA, *more: str | Path, days: int = 30) -> Identity:
    """A self-signed certificate, or one that `more` says who issues (-CA and -CAkey)."""
    made = Identity(folder / f"{name}.pem", folder / f"{name}.key")
    openssl(
        "req", "-x509", *kind, "-nodes", "-subj", f"/O=Acme/CN={name}", "-days", str(days), "-keyout", made.key,
        "-out", made.certificate, *more,
    )  # fmt: skip
    return made


def issued(folder: Path, name: str, by: Identity) -> Identity:
    """A certificate of an authority."""
    return identity(
        folder, name, RSA, "-CA", by.certificate, "-CAkey", by.key, "-addext", "basicConstraints=critical,CA:FALSE"
    )


def enveloped(folder: Path, clear: bytes, to: Identity, *options: str) -> bytes:
    plain, sealed = folder / "plain", folder / "sealed.cms"
    plain.write_bytes(clear)
    before, after = _before(options), _after(options)
    openssl(
        "cms", "-encrypt", "-binary", "-in", plain, "-outform", "DER", "-out", sealed, *before,
        "-recip", to.certificate, *after,
    )  # fmt: skip
    return sealed.read_bytes()


def _before(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(o for n, o in enumerate(options) if not _belongs_to_recipient(options, n))


def _after(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(o for n, o in enumerate(options) if _belongs_to_recipient(options, n))


def _belongs_to_recipient(options: tuple[str, ...], n: int) -> bool:
    return options[n] == "-keyopt" or (n > 0 and options[n - 1] == "-keyopt")


def signature(folder: Path, signed: bytes, by: Identity, *options: str) -> bytes:
    plain, made = folder / "signed", folder / "made.p7s"
    plain.write_bytes(signed)
    form = () if "-outform" in options else ("-outform", "DER")
    openssl(
        "cms", "-sign", "-binary", "-in", plain, "-signer", by.certificate, "-inkey", by.key, "-out", made,
        *form, *options,
    )  # fmt: skip
    return made.read_bytes()


def mangled(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed, lost and added, a few of each."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made))
        match chance.randrange(3):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                del made[at : at + chance.randint(1, 9)]
            case _:
                made[at:at] = chance.randbytes(chance.randint(1, 9))
    return bytes(made)
