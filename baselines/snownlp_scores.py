"""What SnowNLP says of the Chinese rows: its probability of positive, for each set and its tuning rows, as JSON."""

import argparse
import json
from pathlib import Path

from snownlp import SnowNLP

from rows import Row, read_rows, report_sets

UNDECIDED = 0.5
"""Where nothing is left of a text to judge by."""


def scores_of(rows: list[Row]) -> list[float]:
    return [SnowNLP(row.text).sentiments if row.text.strip() else UNDECIDED for row in rows]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=Path, required=True)
    rows = read_rows(arguments.parse_args().rows)
    for name, reported, tuning in report_sets(rows):
        if reported[0].language != "zh":
            continue
        print(json.dumps({"set": name, "scores": scores_of(reported), "tuning": scores_of(tuning)}), flush=True)


if __name__ == "__main__":
    main()
