"""A large file to an SFTP server on this machine, against OpenSSH's client."""

from bench.sftp_uploads import upload

BENCH = upload("sftp_loopback", round_trip=0.0, mib=1024)
