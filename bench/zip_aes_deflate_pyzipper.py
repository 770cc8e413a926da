"""NDJSON deflated and encrypted with AES-256, against pyzipper at its fastest, whose archive must not be the smaller one."""

from pathlib import Path

import pyzipper

from bench.zips import NDJSON, PASSWORD, comparison, no_larger
from waybill.core.archive import Encryption


def _peer(folder: Path) -> None:
    kinds = {"compression": pyzipper.ZIP_DEFLATED, "encryption": pyzipper.WZ_AES, "compresslevel": 1}
    with pyzipper.AESZipFile(folder / "peer.zip", "w", **kinds) as archive:
        archive.setpassword(PASSWORD.encode())
        archive.write(folder / NDJSON, NDJSON)


BENCH = comparison("zip_aes_deflate_pyzipper", NDJSON, Encryption.AES256, ("pyzipper, level 1", "", _peer), no_larger)
