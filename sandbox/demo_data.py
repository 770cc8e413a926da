"""What the demo exports: real dialogs and speech where they lie beside the project, else made from a seed."""

from __future__ import annotations

import gzip
import io
import json
import math
import random
import struct
import wave
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from sandbox.places import ROOT

REAL = ROOT.parent / "shared" / "data"
_SEED = 20261121
_CALLERS = ("George", "Jackson", "Nicolas", "Yweweler")


@dataclass(frozen=True)
class Recording:
    """One row of `recordings`, its media file, and the XML that its recorder left beside that."""

    row: dict[str, Any]
    media_name: str
    media: bytes

    @property
    def xml_name(self) -> str:
        return self.media_name.removesuffix(".wav") + ".xml"

    @property
    def xml(self) -> bytes:
        recording = Element("recording", id=self.row["conversation_id"], start=self.row["start_time"])
        for name in ("from_name", "to_name"):
            SubElement(recording, name).text = self.row[name]
        written: bytes = tostring(recording, encoding="utf-8", xml_declaration=True)
        return written


@dataclass(frozen=True)
class DemoData:
    """`day` is the UTC day on which everything happened; `said` says where it comes from."""

    day: datetime
    said: str
    messages: list[dict[str, Any]]
    recordings: list[Recording]


def gather(day: datetime, dialogs: int = 400, recordings: int = 60) -> DemoData:
    """Everything within `day`, in a fixed way: the same input has the same times."""
    real = (REAL / "dialogs.ndjson.gz").exists()
    talks = _real_dialogs(dialogs) if real else _made_dialogs(dialogs)
    sounds = _real_speech(recordings) if real else _made_speech(recordings)
    said = "the data beside the project" if real else "made data (seeded); ../shared/data is not here"
    return DemoData(day, said, _messages(talks, day), _recordings(sounds, day))


def _messages(talks: list[dict[str, Any]], day: datetime) -> list[dict[str, Any]]:
    rows = []
    for number, talk in enumerate(talks):
        start = day + timedelta(seconds=(number * 211) % 80_000)
        for one in talk["utterances"]:
            rows.append(
                {
                    "message_id": f"{talk['conversation_id']}-{one['index']:03d}",
                    "conversation_id": talk["conversation_id"],
                    "sent_at": (start + timedelta(seconds=7 * one["index"])).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "position": one["index"],
                    "sender": "bot" if one["speaker"] == "assistant" else "user",
                    "text": one["text"],
                    "channel": ("web", "whatsapp", "voice")[number % 3],
                    "bot_id": "barista",
                    "topic": talk["vertical"],
                    "journey": talk["scenario"],
                }
            )
    return rows


def _recordings(sounds: list[tuple[str, bytes]], day: datetime) -> list[Recording]:
    found = []
    for number, (name, media) in enumerate(sounds):
        speaker = name.split("_")[1] if "_" in name else "unknown"
        start = day + timedelta(seconds=(number * 1_237) % 80_000)
        key = f"{start:%Y/%m/%d}/{name}"
        row = {
            "conversation_id": f"rec-{number:05d}",
            "start_time": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "duration_seconds": _seconds(media),
            "direction": ("inbound", "outbound", "internal")[number % 3],
            "conversation_type": "voice",
            "from_number": f"+4930555{number:04d}",
            "from_name": speaker.title(),
            "to_number": "+49305550000",
            "to_name": "Reception",
            "user": speaker,
            "recording_server": "rec-1.example.com",
            "files": [{"name": name, "key": key}],
        }
        found.append(Recording(row, key, media))
    return found


def _seconds(media: bytes) -> float:
    with wave.open(io.BytesIO(media)) as sound:
        return float(round(sound.getnframes() / sound.getframerate(), 3))


def _real_dialogs(most: int) -> list[dict[str, Any]]:
    with gzip.open(REAL / "dialogs.ndjson.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line, _ in zip(file, range(most), strict=False)]


def _real_speech(most: int) -> list[tuple[str, bytes]]:
    files: list[Path] = sorted((REAL / "speech").glob("*.wav"))
    step = max(1, len(files) // most)
    return [(f.name, f.read_bytes()) for f in files[::step][:most]]


def _made_dialogs(most: int) -> list[dict[str, Any]]:
    chance = random.Random(_SEED)  # noqa: S311
    drinks = ("espresso", "flat white", "chai latte", "Café crème", "Milchkaffee", "кофе", "抹茶ラテ", '"mocha", hot')
    talks = []
    for number in range(most):
        drink = chance.choice(drinks)
        texts = (f"One {drink}, please.", "Is this order correct?", "Yes.\nThank you!", "It is ready in five minutes.")
        utterances = [
            {"index": n, "speaker": ("user", "assistant")[n % 2], "text": text}
            for n, text in enumerate(texts[: chance.randint(2, 4)])
        ]
        talks.append(
            {
                "conversation_id": f"made-{number:05d}",
                "vertical": "Coffee",
                "scenario": "order a drink",
                "utterances": utterances,
            }
        )
    return talks


def _made_speech(most: int) -> list[tuple[str, bytes]]:
    found = []
    for number in range(most):
        target = io.BytesIO()
        with wave.open(target, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8_000)
            tone = 300 + 40 * (number % 10)
            samples = (int(8_000 * math.sin(2 * math.pi * tone * n / 8_000)) for n in range(4_000))
            sound.writeframes(b"".join(struct.pack("<h", s) for s in samples))
        found.append((f"{number % 10}_{_CALLERS[number % 4].lower()}_{number}.wav", target.getvalue()))
    return found


def yesterday() -> datetime:
    """The last whole UTC day."""
    return (datetime.now(UTC) - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
