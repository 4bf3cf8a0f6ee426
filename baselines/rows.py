"""The rows of the recipe, as `scripts/training-rows.mjs` writes them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ["negative", "neutral", "positive"]


@dataclass(frozen=True)
class Row:
    file: str
    role: str
    """train, tune, report; or dropped: too like a row that is held back."""
    set: str | None
    """The held-back set that it belongs to."""
    label: str
    language: str
    text: str


def read_rows(path: Path) -> list[Row]:
    """All rows with a label, in the order of the file."""
    fields = Row.__dataclass_fields__
    with path.open(encoding="utf-8") as lines:
        records = (json.loads(line) for line in lines)
        return [
            Row(**{name: one.get(name) for name in fields}) for one in records if one["label"] in LABELS
        ]


def report_sets(rows: list[Row]) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Each set that figures are quoted from: its name, its rows, and the rows to tune on, which may be none."""
    for name in dict.fromkeys(row.set for row in rows if row.role == "report"):
        reported = [row for row in rows if row.role == "report" and row.set == name]
        tuning = [row for row in rows if row.role == "tune" and row.set == name]
        yield name, reported, tuning
