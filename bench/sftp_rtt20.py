"""A large file to an SFTP server 20 ms away and back, against OpenSSH's client."""

from bench.sftp_uploads import upload

BENCH = upload("sftp_rtt20", round_trip=0.020, mib=512)
