"""What every Python peer is given, and what it writes: posts with their tokens in, results as JSON out."""

import argparse
import json
from pathlib import Path

import numpy as np

LABELS = ("negative", "neutral", "positive")
# More rows gain no speed on these engines.
BATCH_ROWS = 64


def arguments():
    """The flags that test/bench/peers.ts passes."""
    parser = argparse.ArgumentParser()
    for flag in ("brokers", "group", "input", "output"):
        parser.add_argument(f"--{flag}", required=True)
    parser.add_argument("--posts", type=int, required=True, help="ends after so many")
    parser.add_argument("--tokens", type=Path, required=True, help="folder of the token table")
    parser.add_argument("--model", type=Path, required=True, help="an ONNX file, or the folder of the bundle")
    return parser.parse_args()


class TokenTable:
    """The tokens of each post, cut beforehand by sentiflux: post-7 has those between the offsets 7 and 8."""

    def __init__(self, folder):
        self.tokens = np.fromfile(folder / "tokens.i32", dtype=np.int32)
        self.offsets = np.fromfile(folder / "offsets.i32", dtype=np.int32)

    def of(self, post):
        index = int(post["id"].removeprefix("post-"))
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]


def batches_by_length(rows):
    """Cuts rows of tokens, longest first, into batches that need little padding.

    Yields the indices of the rows, their tokens [rows, width] padded with 0, and their lengths [rows].
    """
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
    for start in range(0, len(order), BATCH_ROWS):
        indices = order[start : start + BATCH_ROWS]
        lengths = np.array([len(rows[index]) for index in indices], dtype=np.int32)
        tokens = np.zeros((len(indices), lengths[0]), dtype=np.int32)
        for row, index in enumerate(indices):
            tokens[row, : lengths[row]] = rows[index]
        yield indices, tokens, lengths


def result(post, logits):
    """What a peer says of a post, from its three logits."""
    exponentials = np.exp(logits - logits.max())
    probabilities = (exponentials / exponentials.sum()).tolist()
    return {
        "id": post["id"],
        "createdAt": post["createdAt"],
        "label": LABELS[int(logits.argmax())],
        "probabilities": dict(zip(LABELS, probabilities)),
    }


def to_json(value):
    return json.dumps(value).encode()
