"""Grows the teachers and writes what they say of every row: `make soft-labels`.

For each data file a file of the same name in OUTPUT, with a line for each of its rows, in order: the teacher's three
logits, by tabs. A row that is held back, or too like one that is, has an empty line: it is never trained on.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

from linear import join
from plans import PLANS
from rows import Row, read_rows
from teacher import Plan, Teacher, grow, logits_of, macro_recall

ROWS_A_SAVE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True, help="written by scripts/training-rows.mjs")
    parser.add_argument("--files", type=Path, required=True, help="folder of the downloaded models")
    parser.add_argument("--work", type=Path, required=True, help="folder for the grown teachers; they are found again")
    parser.add_argument("--output", type=Path, required=True, help="folder of the soft labels")
    parser.add_argument("--only", nargs="*", choices=sorted(PLANS), default=sorted(PLANS))
    options = parser.parse_args()
    rows = read_rows(options.rows)
    options.work.mkdir(parents=True, exist_ok=True)
    labels: dict[tuple[str, int], list[torch.Tensor]] = {}
    for name in options.only:
        joined = join(labels_by(name, PLANS[name], rows, options), rows, lambda line: tell(name, line))
        for key, logits in joined.items():
            labels.setdefault(key, []).append(logits)
    write(labels, rows, options.output)


def tell(teacher: str, line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {teacher}: {line}", file=sys.stderr, flush=True)


def labels_by(name: str, plan: Plan, rows: list[Row], options) -> dict[tuple[str, int], torch.Tensor]:
    """What a teacher says of its rows. What it said before is kept in WORK, and so is the teacher."""

    def say(line: str) -> None:
        tell(name, line)

    grown, said = options.work / f"{name}.pt", options.work / f"{name}.labels.pt"
    labels = torch.load(said) if said.exists() else {}
    own = [row for row in rows if row.role in ("train", "tune") and row.language in plan.languages]
    missing = [row for row in own if (row.file, row.row) not in labels]
    if missing:
        if grown.exists():
            teacher = Teacher(plan, options.files)
            teacher.load_state_dict(torch.load(grown))
        else:
            teacher = grow(plan, rows, options.files, say)
            torch.save(teacher.state_dict(), grown)
            judge(teacher, plan, rows, say)
        for start in range(0, len(missing), ROWS_A_SAVE):
            part = missing[start : start + ROWS_A_SAVE]
            labels |= {(row.file, row.row): one for row, one in zip(part, logits_of(teacher, [row.text for row in part]))}
            torch.save(labels, said)
            say(f"{start + len(part)} of {len(missing)} rows labelled")
    return {(row.file, row.row): labels[row.file, row.row] for row in own}


def judge(teacher, plan: Plan, rows: list[Row], say) -> None:
    for role in ("tune", "report"):
        sets: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            if row.role == role and row.label >= 0 and row.language in plan.languages:
                sets.setdefault((row.file, row.language), []).append(row)
        for (file, language), held in sets.items():
            logits = logits_of(teacher, [row.text for row in held])
            say(f"{role} {file} {language}: {100 * macro_recall(logits, held):.1f} macro recall ({len(held)} rows)")


def write(labels: dict[tuple[str, int], list[torch.Tensor]], rows: list[Row], output: Path) -> None:
    """Teachers of the same row count alike: the mean of their logits."""
    output.mkdir(parents=True, exist_ok=True)
    lines: dict[str, dict[int, str]] = {}
    for row in rows:
        said = labels.get((row.file, row.row))
        of_file = lines.setdefault(row.file, {})
        if said is None:
            of_file[row.row] = ""
        else:
            mean = torch.stack(said).mean(0)
            of_file[row.row] = "\t".join(f"{value:.2f}" for value in (mean - mean.mean()).tolist())
    for file, of_file in lines.items():
        if any(of_file.values()):
            content = "".join(f"{of_file.get(row, '')}\n" for row in range(max(of_file) + 1))
            (output / file).write_text(f"negative\tneutral\tpositive\n{content}", encoding="utf-8")


if __name__ == "__main__":
    main()
