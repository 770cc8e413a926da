"""Names that no disk takes for one, whatever they are, and who asks for them."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from waybill.core.names_apart import NamesApart, folders_of

steps = st.sampled_from(
    ["a", "A", "b", "\u00e9", "e\u0301", "E\u0301", "\u212b", "\u00c5", "x.wav", "x.WAV", "ß", "ss", "é" * 120]
)
paths = st.lists(steps, min_size=1, max_size=3).map("/".join)
wanted = st.lists(st.tuples(paths, st.integers(0, 5).map("lake/{}.wav".format)), max_size=25)


def one_disk(name: str) -> str:
    """As a disk has it that knows neither case nor form; told without the code under test."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).upper().lower())


@given(wanted, st.lists(paths, max_size=4, unique_by=one_disk))
def test_what_was_given_away_never_meets(asked: list[tuple[str, str]], kept: list[str]) -> None:
    folders = folders_of([*kept, *(name for name, _ in asked)])
    apart = NamesApart(kept, folders)
    given_away = {one_disk(name): "" for name in kept}
    for name, source in asked:
        free = apart.free(name, source)
        assert apart.free(name, source) == free, "asked again, the same"
        assert given_away.setdefault(one_disk(free), source) == source
        assert free.rpartition("/")[0] == name.rpartition("/")[0]
        assert len(free.rpartition("/")[2].encode()) <= 255
    files = {one_disk(name) for name in given_away if name not in map(one_disk, kept)}
    above = {"/".join(name.split("/")[:n]) for name in given_away for n in range(1, name.count("/") + 1)}
    assert not files & set(map(one_disk, above)), "a file where a folder is"


def test_files_of_one_record_keep_a_stem_together() -> None:
    apart = NamesApart()
    names = [apart.free(f"1.{ending}", f"{folder}/1.{ending}") for folder in "ab" for ending in ("wav", "xml")]
    assert names[:2] == ["1.wav", "1.xml"]
    assert names[2].removesuffix(".wav") == names[3].removesuffix(".xml") != "1"


def test_a_name_that_looks_marked_takes_nobodys_place() -> None:
    marked = NamesApart(["1.wav"]).free("1.wav", "b/1.wav")
    apart = NamesApart(["1.wav"])
    assert apart.free(marked, "c/1.wav") == marked
    assert apart.free("1.wav", "b/1.wav") not in {"1.wav", marked}


def test_a_name_that_is_nearly_all_ending_is_marked_too() -> None:
    """No letter of its stem can make room for more digits: it becomes longer, and the ending stays."""
    apart, name = NamesApart(), f"folder/a.{'x' * 238}"
    found = [apart.free(name, f"k.{number}") for number in range(3)]
    assert len(set(found)) == 3
    assert {one.rpartition(".")[2] for one in found} == {"x" * 238}
    assert {one.rpartition("/")[0] for one in found} == {"folder"}
