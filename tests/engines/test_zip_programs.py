# ruff: noqa: RUF001 (letters that look like others are what is tested)
"""Archives of the encoder, opened by the programs that receivers have: names, passwords, empty entries, every encryption.

7z, bsdtar and pyzipper open AES-256 and ZipCrypto; unzip and Python's zipfile open ZipCrypto alone; Java opens neither.
"""

from __future__ import annotations

import random
import unicodedata
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engines.zip_readers import READERS, Reader, java_listing, run
from waybill.core.archive import BLOCK, Encryption, central_directory, derive_salt
from waybill.engines.zip_entry import entry

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
PASSWORD = "päss wörd 密码 😀"
PASSWORDS = {
    "mixed": PASSWORD,
    "right to left": "סיסמה ארוכה كلمة السر",
    "combining": "re\u0301sume\u0301 n\u0303",
    "astral": "𐌰𐌱𐌲 🔑🗝️ 𝕻𝖆𝖘𝖘",
    "signs": "'p'\"$HOME;&|*?<>!#%\\ \t~",
}
NAMES = [
    "latin/été naïve – “quoted”.csv",
    "combining/e\u0301te\u0301 n\u0303.csv",
    "greek/Αναφορά.csv",
    "cyrillic/Отчёт за март.csv",
    "hebrew/דוח חודשי.csv",
    "arabic/تقرير شهري.csv",
    "devanagari/रिपोर्ट क्षत्रिय.csv",
    "thai/รายงานประจำเดือน.csv",
    "chinese/月度报告.csv",
    "japanese/レポート 東京.csv",
    "korean/보고서.csv",
    "gothic/𐌰𐌹𐍂𐌸𐌰 𝒜.csv",
    "emoji/👩‍👩‍👧 😀.csv",
    "mixed/דוח 2026 (final) تقرير.csv",
]
ROWS = b"".join(b'{"id": %d, "text": "some words that repeat"}\n' % i for i in range(60_000))
NOISE = random.Random(1).randbytes(BLOCK + 12_345)
FILES = {"rows.ndjson": ROWS, "media/noise.mp3": NOISE, "empty.csv": b"", "empty.mp3": b"", "one/byte": b"x"}
BY_NAME = {name: name.encode() * 3 for name in NAMES}


def write(
    path: Path, files: Mapping[str, bytes], encryption: Encryption | None, password: str = PASSWORD, large: bool = False
) -> None:
    entries = []
    with path.open("wb") as file:
        for name, data in files.items():
            writer = entry(
                name,
                AT,
                [data],
                password=None if encryption is None else password,
                encryption=encryption or Encryption.AES256,
                salt=derive_salt("run", 1, name, "v1"),
                large=large,
            )
            file.writelines(writer)
            entries.append(writer.entry)
        file.write(central_directory(entries))


def unpacked(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def composed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """By their names in NFC, as bsdtar writes them to the disk."""
    return {unicodedata.normalize("NFC", name): data for name, data in files.items()}


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> Reader:
    found = READERS[request.param]
    found.or_skip()
    return found


@pytest.mark.parametrize("large", [False, True], ids=["zip", "zip64"])
@pytest.mark.parametrize("encryption", [None, *Encryption])
def test_each_program_opens_what_it_knows_and_refuses_the_rest(
    tmp_path: Path, reader: Reader, encryption: Encryption | None, large: bool
) -> None:
    path, out = tmp_path / "a.zip", tmp_path / "out"
    write(path, FILES, encryption, large=large)
    if encryption is None or encryption in reader.opens:
        reader.unpack(path, out, PASSWORD if encryption else "")
        assert unpacked(out) == FILES
    else:
        with pytest.raises(Exception):  # noqa: B017, PT011 - each program has its own way to refuse
            reader.unpack(path, out, PASSWORD)
        assert ROWS not in unpacked(out).values()


@pytest.mark.parametrize("encryption", [None, *Encryption])
def test_names_in_many_scripts(tmp_path: Path, reader: Reader, encryption: Encryption | None) -> None:
    if encryption is not None and encryption not in reader.opens:
        pytest.skip(f"{reader.name} opens no {encryption}")
    path, out = tmp_path / "a.zip", tmp_path / "out"
    write(path, BY_NAME, encryption)
    reader.unpack(path, out, PASSWORD if encryption else "")
    assert composed(unpacked(out)) == composed(BY_NAME)


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
@pytest.mark.parametrize("encryption", Encryption)
def test_passwords_of_any_script(tmp_path: Path, reader: Reader, encryption: Encryption, password: str) -> None:
    if encryption not in reader.opens:
        pytest.skip(f"{reader.name} opens no {encryption}")
    path, out = tmp_path / "a.zip", tmp_path / "out"
    write(path, {"a.csv": b"a,b\n" * 50, "b.mp3": NOISE[:5_000]}, encryption, password)
    reader.unpack(path, out, password)
    assert unpacked(out) == {"a.csv": b"a,b\n" * 50, "b.mp3": NOISE[:5_000]}


@pytest.mark.parametrize("encryption", Encryption)
def test_a_wrong_password_opens_nothing(tmp_path: Path, reader: Reader, encryption: Encryption) -> None:
    """ZipCrypto's check is one byte, so a wrong password may pass it; the sums then do not fit."""
    path = tmp_path / "a.zip"
    write(path, {"rows.ndjson": ROWS}, encryption)
    for number in range(3):
        with pytest.raises(Exception):  # noqa: B017, PT011 - each program has its own way to refuse
            reader.unpack(path, tmp_path / f"out{number}", f"wrong {number}")
        assert ROWS not in unpacked(tmp_path / f"out{number}").values()


def test_java_reads_names_and_sums(tmp_path: Path) -> None:
    READERS["jar"].or_skip()
    write(tmp_path / "a.zip", {**FILES, **BY_NAME}, None)
    assert java_listing(tmp_path / "a.zip") == {
        name: (len(data), zlib.crc32(data)) for name, data in {**FILES, **BY_NAME}.items()
    }


def test_no_program_finds_anything_to_complain_of(tmp_path: Path) -> None:
    READERS["7z"].or_skip()
    READERS["unzip"].or_skip()
    write(tmp_path / "a.zip", {**FILES, **BY_NAME}, None)
    assert b"No errors detected" in run("unzip", "-t", str(tmp_path / "a.zip"))
    said = run("7z", "t", str(tmp_path / "a.zip"))
    assert b"Everything is Ok" in said
    assert b"Warning" not in said
