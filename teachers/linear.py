"""Joins a teacher with a linear model over n-grams, which reads a long review to its end and needs few posts.

For each file and language, words (one and two in a row) and characters (two to five) as TF-IDF, in a linear support
vector machine. Its margins for a row come from models that have not seen the row (five folds; for rows without a
label the mean of the five), as a model is too sure of what it has learnt by heart. How much the teacher and the margins
count is what the tuning rows are likeliest under; no row that a figure is quoted from takes part.
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy
import torch
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC
from torch import Tensor

from rows import LABELS, Row, prepared
from teacher import macro_recall

FOLDS = 5
SEED = 1
C = 0.1
LARGE = 10_000
"""Rows from which an n-gram must come more than once."""
WORD = r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]"
"""A Chinese character, a word or a sign."""
MIXED = ".mixed.tsv"
TEACHER_SHARES = numpy.arange(0.1, 1.65, 0.1)
MARGIN_SHARES = numpy.arange(0.0, 4.05, 0.2)

Labels = dict[tuple[str, int], Tensor]


def join(labels: Labels, rows: list[Row], say) -> Labels:
    """A teacher's logits joined with the margins, as sure as they may be by the tuning rows.

    A file without labelled tuning rows has the teacher's alone, times the mean of its other shares: a teacher is
    too sure everywhere.
    """
    files: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if (row.file, row.row) in labels:
            files[row.file.replace(MIXED, ".tsv")].append(row)
    joined: Labels = {}
    teacher_shares: list[float] = []
    for file, of_file in files.items():
        tuning = [row for row in of_file if row.role == "tune" and row.label >= 0]
        if not tuning:
            continue
        of_linear: Labels = {}
        for language in {row.language for row in of_file}:
            of_linear |= margins([row for row in of_file if row.language == language])
        teacher = torch.stack([labels[row.file, row.row] for row in tuning])
        linear = torch.stack([of_linear[row.file, row.row] for row in tuning])
        share, linear_share = shares(teacher, linear, tuning)
        teacher_shares.append(share)
        for row in of_file:
            key = row.file, row.row
            joined[key] = share * labels[key] + linear_share * of_linear[key]
        say(
            f"{file}: {share:.1f} of the teacher ({100 * macro_recall(teacher, tuning):.1f} macro recall) and "
            f"{linear_share:.1f} of the linear model ({100 * macro_recall(linear, tuning):.1f}) make "
            f"{100 * macro_recall(share * teacher + linear_share * linear, tuning):.1f} ({len(tuning)} tuning rows)"
        )
    mean_share = sum(teacher_shares) / len(teacher_shares) if teacher_shares else 1.0
    return {key: mean_share * logits for key, logits in labels.items()} | joined


def margins(rows: list[Row]) -> Labels:
    """Three margins for each row: of one that is learnt from by the fold that left it out, else by all folds."""
    learnt = [row for row in rows if row.role == "train" and row.label >= 0]
    rest = [row for row in rows if row.role != "train" or row.label < 0]
    fewest = 2 if len(learnt) >= LARGE else 1
    common = {"sublinear_tf": True, "min_df": fewest, "dtype": numpy.float32}
    vectorisers = [
        TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), **common),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
    ]
    matrix = csr_matrix(hstack([one.fit_transform(texts_of(learnt)) for one in vectorisers]))
    rest_matrix = csr_matrix(hstack([one.transform(texts_of(rest)) for one in vectorisers]))
    gold = numpy.array([row.label for row in learnt])
    of_learnt, of_rest = torch.zeros(len(learnt), len(LABELS)), torch.zeros(len(rest), len(LABELS))
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(matrix, gold))
    models = Parallel(n_jobs=-1)(delayed(fitted)(matrix[seen], gold[seen]) for seen, _ in folds)
    for model, (_, unseen) in zip(models, folds):
        of_learnt[torch.from_numpy(unseen)] = by_label(model, matrix[unseen])
        of_rest += by_label(model, rest_matrix) / FOLDS
    pairs = zip([*learnt, *rest], torch.cat([of_learnt, of_rest]))
    return {(row.file, row.row): margin for row, margin in pairs}


def fitted(matrix: csr_matrix, gold: numpy.ndarray) -> LinearSVC:
    return LinearSVC(C=C, class_weight="balanced", random_state=SEED).fit(matrix, gold)


def texts_of(rows: list[Row]) -> list[str]:
    return [prepared(row.text, names_emoji=False) for row in rows]


def by_label(model: LinearSVC, matrix: csr_matrix) -> Tensor:
    """[rows, 3]; a model of two labels says nothing of neutral, and half of its margin of each of the others."""
    said = torch.from_numpy(model.decision_function(matrix)).float()
    if said.ndim == 2:
        return said
    return torch.stack([-said / 2, torch.zeros_like(said), said / 2], 1)


def shares(teacher: Tensor, margin: Tensor, tuning: list[Row]) -> tuple[float, float]:
    """The shares of both under which the tuning rows' labels are likeliest."""
    gold = torch.tensor([row.label for row in tuning])
    closed = torch.tensor([0.0, -1e9 if all(row.two_class for row in tuning) else 0.0, 0.0])

    def loss(share: float, margin_share: float) -> float:
        logits = share * teacher + margin_share * margin + closed
        return torch.nn.functional.cross_entropy(logits, gold).item()

    return min(pairs(), key=lambda pair: loss(*pair))


def pairs() -> Iterable[tuple[float, float]]:
    return ((float(share), float(margin)) for share in TEACHER_SHARES for margin in MARGIN_SHARES)
