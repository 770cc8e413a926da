"""NDJSON deflated and encrypted by ZIP's first encryption, against Info-ZIP at its fastest."""

from bench.zips import NDJSON, PASSWORD, by_program, comparison
from waybill.core.archive import Encryption

_PEER = by_program("zip", "-q", "-1", "-P", PASSWORD, "peer.zip", NDJSON)
BENCH = comparison("zipcrypto_deflate", NDJSON, Encryption.ZIP_CRYPTO, ("zip -1 -P", "zip", _PEER))
