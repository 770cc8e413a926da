"""NDJSON deflated and encrypted with AES-256, against 7z at its fastest."""

from bench.zips import NDJSON, PASSWORD, by_program, comparison
from waybill.core.archive import Encryption

_PEER = by_program("7z", "a", "-tzip", "-mem=AES256", "-mx1", f"-p{PASSWORD}", "peer.zip", NDJSON)
BENCH = comparison("zip_aes_deflate", NDJSON, Encryption.AES256, ("7z -mem=AES256 -mx1", "7z", _PEER))
