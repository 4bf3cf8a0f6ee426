"""Writes where the embedding of a vocabulary's pieces begins: what the three sentence models know of them.

Each model has a vector for each of its own pieces; a piece of ours gets the mean of those that spell it. The three
vectors stand side by side, none (a piece that a model cannot spell, or a script that it does not serve) as zeros, and
their first principal components are kept (Yin & Schütze 2016). A value has eight bits: the format is told in
src/training/initial-embedding.ts.
"""

import argparse
import json
import re
from pathlib import Path

import numpy

from encoders import ENCODERS

STANDARD_DEVIATION = 0.1
HAN = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[a-z0-9'\W]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--files", type=Path, required=True, help="folder of the downloaded models")
    parser.add_argument("--width", type=int, default=94)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    pieces = options.vocabulary.read_text(encoding="utf-8").rstrip("\n").split("\n")
    blocks = [
        vectors("e5", pieces, options.files, "▁", "", lambda piece: True),
        vectors("minilm", pieces, options.files, "", "##", lambda piece: LATIN.fullmatch(piece) is not None),
        vectors("bge", pieces, options.files, "", "##", lambda piece: HAN.search(piece) is not None),
    ]
    known = numpy.any([numpy.any(block != 0, axis=1) for block in blocks], axis=0)
    joined = numpy.concatenate(blocks, axis=1)[known]
    joined -= joined.mean(0)
    _, directions = numpy.linalg.eigh(joined.T @ joined)
    components = joined @ directions[:, ::-1][:, : options.width]
    components *= STANDARD_DEVIATION / components.std()
    scale = float(numpy.percentile(numpy.abs(components), 99.99)) / 127
    values = numpy.clip(numpy.round(components / scale), -127, 127).astype(numpy.int8)
    header = {
        "width": options.width,
        "scale": scale,
        "pieces": [piece for piece, is_known in zip(pieces, known) if is_known],
    }
    line = json.dumps(header, ensure_ascii=False) + "\n"
    options.output.write_bytes(line.encode() + values.tobytes())
    print(f"{known.sum()} of {len(pieces)} pieces")


def vectors(name: str, pieces: list[str], files: Path, first: str, inner: str, serves) -> numpy.ndarray:
    """[pieces, hidden] of a model, each column of the known ones with mean 0 and the whole with variance 1."""
    tokenizer, encoder = ENCODERS[name](files)
    tokenizer.no_padding()
    embedding = encoder.embeddings.word_embeddings.weight.detach().numpy()
    unknown = {tokenizer.token_to_id(token) for token in ("[UNK]", "<unk>")}
    result = numpy.zeros((len(pieces), embedding.shape[1]), numpy.float32)
    for row, piece in enumerate(pieces):
        text = piece.removeprefix("##")
        if not serves(text):
            continue
        own = tokenizer.token_to_id(inner + text if piece.startswith("##") else first + text)
        ids = [own] if own is not None else tokenizer.encode(text, add_special_tokens=False).ids
        ids = [one for one in ids if one not in unknown]
        if ids:
            result[row] = embedding[ids].mean(0)
    known = numpy.any(result != 0, axis=1)
    result[known] -= result[known].mean(0)
    result[known] /= result[known].std()
    return result


if __name__ == "__main__":
    main()
