"""A large file to an SFTP server 100 ms away and back, against OpenSSH's client."""

from bench.sftp_uploads import upload

BENCH = upload("sftp_rtt100", round_trip=0.100, mib=512)
