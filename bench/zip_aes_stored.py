"""What is compressed already, stored and encrypted with AES-256, against 7z."""

from bench.zips import MEDIA, PASSWORD, by_program, comparison
from waybill.core.archive import Encryption

_PEER = by_program("7z", "a", "-tzip", "-mem=AES256", "-mx0", f"-p{PASSWORD}", "peer.zip", MEDIA)
BENCH = comparison("zip_aes_stored", MEDIA, Encryption.AES256, ("7z -mem=AES256 -mx0", "7z", _PEER))
