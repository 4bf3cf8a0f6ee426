"""Combines what several teachers say of the same rows: how much each counts is what the tuning rows are likeliest under."""

from collections import defaultdict
from itertools import product

import numpy
import torch

from linear import MIXED, Labels
from rows import Row
from teacher import macro_recall

SHARES = numpy.arange(0.0, 1.55, 0.1)


def combine(of_teachers: list[Labels], rows: list[Row], say) -> Labels:
    """The teachers' logits, each times its share in the file. A row that one teacher alone has labelled keeps that.

    A file without labelled tuning rows takes the mean of the other files' shares.
    """
    files: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if sum((row.file, row.row) in labels for labels in of_teachers) > 1:
            files[row.file.replace(MIXED, ".tsv")].append(row)
    shares_of: dict[str, tuple[float, ...]] = {}
    for file, of_file in files.items():
        tuning = [row for row in of_file if row.role == "tune" and row.label >= 0]
        if not tuning:
            continue
        said = [
            torch.stack([labels[row.file, row.row] for row in tuning])
            for labels in of_teachers
            if (tuning[0].file, tuning[0].row) in labels
        ]
        shares_of[file] = shares(said, tuning)
        together = sum(share * logits for share, logits in zip(shares_of[file], said))
        say(
            f"{file}: shares {', '.join(f'{share:.1f}' for share in shares_of[file])} of teachers with "
            f"{', '.join(f'{100 * macro_recall(logits, tuning):.1f}' for logits in said)} macro recall make "
            f"{100 * macro_recall(together, tuning):.1f} ({len(tuning)} tuning rows)"
        )
    combined: Labels = {}
    for labels in of_teachers:
        combined |= labels
    for file, of_file in files.items():
        shares_here = shares_of.get(file) or tuple(numpy.mean([*shares_of.values()], axis=0))
        for row in of_file:
            said = [labels[row.file, row.row] for labels in of_teachers if (row.file, row.row) in labels]
            combined[row.file, row.row] = sum(share * logits for share, logits in zip(shares_here, said))
    return combined


def shares(said: list[torch.Tensor], tuning: list[Row]) -> tuple[float, ...]:
    gold = torch.tensor([row.label for row in tuning])
    closed = torch.tensor([0.0, -1e9 if all(row.two_class for row in tuning) else 0.0, 0.0])

    def loss(candidate: tuple[float, ...]) -> float:
        logits = sum(share * logits for share, logits in zip(candidate, said)) + closed
        return torch.nn.functional.cross_entropy(logits, gold).item()

    return tuple(float(share) for share in min(product(SHARES, repeat=len(said)), key=loss))
