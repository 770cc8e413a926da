"""As much of S3 as an upload needs, as fast as this machine writes to memory: so that the clients are what is measured.

    python -m bench.s3_stub --folder FOLDER     prints its port, and stands until it is ended

Each object becomes a folder of its parts, `1`, `2`, ...; its sums are those that the client told. Nothing is checked here: the
bench hashes what lies there.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
BLOCK = 1 << 20
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sums: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._parts: dict[str, dict[int, str]] = {}

    def begin(self) -> str:
        upload = f"upload-{next(self._numbers)}"
        (self.folder / upload).mkdir()
        self._parts[upload] = {}
        return upload

    def took(self, upload: str, number: int, told: str) -> None:
        self._parts[upload][number] = told

    def complete(self, upload: str, name: str) -> None:
        told = [told for _, told in sorted(self._parts.pop(upload).items())]
        self.sums[name] = ""
        if all(told):
            joined = hashlib.sha256(b"".join(map(base64.b64decode, told))).digest()
            self.sums[name] = f"{base64.b64encode(joined).decode()}-{len(told)}"
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / upload).rename(self.folder / name)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_PUT(self) -> None:
        asked, told = self._asked(), self.headers.get("x-amz-checksum-sha256", "")
        if not asked:
            upload = self.store.begin()
            self._receive(self.store.folder / upload / "1")
            self.store.complete(upload, self._name())
            self.store.sums[self._name()] = told
        else:
            upload, number = asked["uploadId"], int(asked["partNumber"])
            self._receive(self.store.folder / upload / str(number))
            self.store.took(upload, number, told)
        self._answer(200, told=told, etag=True)

    def do_POST(self) -> None:
        asked = self._asked()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "uploads" in asked:
            upload = self.store.begin()
            body = f"<UploadId>{upload}</UploadId><Bucket>b</Bucket><Key>{self._name()}</Key>"
            self._answer(200, self._xml("InitiateMultipartUploadResult", body))
        else:
            self.store.complete(asked["uploadId"], self._name())
            body = f'<Bucket>b</Bucket><Key>{self._name()}</Key><ETag>"whole"</ETag>'
            self._answer(200, self._xml("CompleteMultipartUploadResult", body))

    def do_HEAD(self) -> None:
        place = self.store.folder / self._name()
        if not place.is_dir():
            self._answer(404)
            return
        told = self.store.sums[self._name()]
        self._answer(200, told=told, size=sum(part.stat().st_size for part in place.iterdir()), etag=True)

    def do_GET(self) -> None:
        self._answer(200, self._xml("ListBucketResult", "<Name>b</Name><KeyCount>0</KeyCount>"))

    def _asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}

    def _name(self) -> str:
        return urlsplit(self.path).path.strip("/").partition("/")[2].replace("/", "_")

    def _receive(self, place: Path) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        left, buffer = int(self.headers["Content-Length"]), memoryview(bytearray(BLOCK))
        with place.open("wb", buffering=0) as file:
            while left:
                count = self.rfile.readinto(buffer[: min(left, BLOCK)])
                file.write(buffer[:count])
                left -= count

    @staticmethod
    def _xml(kind: str, body: str) -> bytes:
        return f'<?xml version="1.0"?><{kind} xmlns="{NAMESPACE}">{body}</{kind}>'.encode()

    def _answer(
        self, code: int, body: bytes = b"", *, told: str = "", size: int | None = None, etag: bool = False
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        if etag:
            self.send_header("ETag", '"part"')
        if told:
            self.send_header("x-amz-checksum-sha256", told)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def handle_expect_100(self) -> bool:
        return True  # `_receive` says it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    Handler.store = Store(parser.parse_args().folder)
    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
