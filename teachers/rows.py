"""The rows that teachers learn from and label, as `scripts/training-rows.mjs` writes them."""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

import emoji

LABELS = ["negative", "neutral", "positive"]
_URL = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"@\w+")


@dataclass(frozen=True)
class Row:
    file: str
    row: int
    """Number of the row in its file, from 0 after the header."""
    role: str
    """train, tune, report; or dropped: too like a row that is held back."""
    label: int
    """Index into LABELS; -1 without a label."""
    language: str
    text: str
    two_class: bool
    """Its file knows negative and positive only."""


def read_rows(path: Path) -> list[Row]:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with_neutral = {one["file"] for one in records if one["label"] == "neutral"}
    return [
        Row(
            file=one["file"],
            row=one["row"],
            role=one["role"],
            label=LABELS.index(one["label"]) if one["label"] in LABELS else -1,
            language=one["language"],
            text=one["text"],
            two_class=one["file"] not in with_neutral,
        )
        for one in records
    ]


def prepared(text: str, names_emoji: bool) -> str:
    """A text as the encoders know texts: addresses and handles as one word each, emoji by name where need be."""
    plain = _MENTION.sub("@user", _URL.sub("http", html.unescape(text)))
    return emoji.demojize(plain, delimiters=(" ", " ")).replace("_", " ") if names_emoji else plain
