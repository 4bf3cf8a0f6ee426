"""A linear model over n-grams for each held-back set, and what it says of the set's rows.

Words (one and two in a row) and characters (two to five) as TF-IDF, a linear support vector machine with its classes
balanced (Pedregosa et al. 2011). C, and whether to learn from the files of the set's own kind or from all of its
language, are chosen by macro recall on the tuning rows; where a set has none, by five-fold cross-validation over
the training rows. Writes a line of JSON for each set, with the labels in the order of its rows.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from random import Random

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from rows import Row, read_rows, report_sets

CS = [0.02, 0.05, 0.1, 0.3, 1.0]
FOLDS = 5
SEED = 1
MOST_ROWS_A_FILE = 30_000
"""Of a language's files together, so that the largest does not drown the others."""
LARGE = 10_000
"""Rows from which an n-gram must come more than once."""
WORD = r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]"
"""A Chinese character, a word or a sign."""

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_HANDLE = re.compile(r"@\w+")


def prepared(text: str) -> str:
    return _HANDLE.sub("@user", _ADDRESS.sub("http", text))


class Features:
    """Learns its n-grams from texts and turns texts into rows of a matrix."""

    def __init__(self, texts: list[str]) -> None:
        fewest = 2 if len(texts) >= LARGE else 1
        common = {"sublinear_tf": True, "min_df": fewest, "dtype": np.float64}
        self.vectorisers = [
            TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), **common),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
        ]
        self.matrix = self._joined([one.fit_transform(texts) for one in self.vectorisers])

    def of(self, texts: list[str]) -> csr_matrix:
        return self._joined([one.transform(texts) for one in self.vectorisers])

    @staticmethod
    def _joined(matrices: list[csr_matrix]) -> csr_matrix:
        return csr_matrix(hstack(matrices))


def labels_of(rows: list[Row]) -> np.ndarray:
    return np.array([row.label for row in rows])


def texts_of(rows: list[Row]) -> list[str]:
    return [prepared(row.text) for row in rows]


def svm(c: float) -> LinearSVC:
    return LinearSVC(C=c, class_weight="balanced", random_state=SEED)


def macro_recall(gold: np.ndarray, said: np.ndarray) -> float:
    return float(recall_score(gold, said, average="macro", zero_division=0))


def candidates(rows: list[Row], reported: list[Row], tuning: list[Row]) -> dict[str, list[Row]]:
    """The rows to learn from: those of the set's own files, and those of all files of its language."""
    labels = {row.label for row in reported}
    language = reported[0].language
    training = [
        row for row in rows if row.role == "train" and row.language == language and row.label in labels
    ]
    own_files = {row.file for row in reported + tuning}
    random = Random(SEED)
    together: list[Row] = []
    for file in dict.fromkeys(row.file for row in training):
        of_file = [row for row in training if row.file == file]
        together += random.sample(of_file, MOST_ROWS_A_FILE) if len(of_file) > MOST_ROWS_A_FILE else of_file
    own = [row for row in training if row.file in own_files]
    return {"own files": own} if len(own) == len(training) else {"own files": own, "all files": together}


def tuned(training: list[Row], tuning: list[Row]) -> tuple[float, float]:
    """The best C and its macro recall."""
    if tuning:
        features = Features(texts_of(training))
        matrix = features.of(texts_of(tuning))
        scores = [
            macro_recall(labels_of(tuning), svm(c).fit(features.matrix, labels_of(training)).predict(matrix))
            for c in CS
        ]
    else:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
        every = np.array(training, dtype=object)
        scores_by_fold = []
        for learnt, held in folds.split(every, labels_of(training)):
            features = Features(texts_of(list(every[learnt])))
            matrix = features.of(texts_of(list(every[held])))
            gold = labels_of(list(every[held]))
            scores_by_fold.append(
                [
                    macro_recall(gold, svm(c).fit(features.matrix, labels_of(list(every[learnt]))).predict(matrix))
                    for c in CS
                ]
            )
        scores = list(np.mean(scores_by_fold, axis=0))
    best = int(np.argmax(scores))
    return CS[best], float(scores[best])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=Path, required=True)
    rows = read_rows(arguments.parse_args().rows)
    for name, reported, tuning in report_sets(rows):
        choices = []
        for source, training in candidates(rows, reported, tuning).items():
            if not training:
                continue
            c, score = tuned(training, tuning)
            print(f"{name}: {source}, {len(training)} rows, C {c}: {100 * score:.1f}", file=sys.stderr)
            choices.append((score, c, source, training))
        if not choices:
            continue
        score, c, source, training = max(choices, key=lambda choice: choice[0])
        features = Features(texts_of(training))
        model = svm(c).fit(features.matrix, labels_of(training))
        said = model.predict(features.of(texts_of(reported)))
        line = {
            "set": name,
            "labels": list(map(str, said)),
            "chosen": {"trainedOn": source, "rows": len(training), "c": c, "macroRecallInTuning": score},
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
