"""confluent-kafka with PyTorch; --model is the folder of the bundle, from whose weights the network is built."""

import json
import os

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from confluent_loop import run
from posts import arguments

# Where PyTorch's gates (input, forget, cell, output) stand among the bundle's (input, cell, forget, output).
GATES = (0, 2, 1, 3)


class Network(nn.Module):
    """src/model/weights.ts says what it computes."""

    def __init__(self, folder):
        super().__init__()
        manifest = json.loads((folder / "manifest.json").read_text())
        tensors = read_tensors(folder, manifest)
        width, hidden = (manifest["architecture"][size] for size in ("embedding", "hidden"))
        self.embedding = nn.Embedding.from_pretrained(tensors["embedding"])
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Parameter(tensors["attention"])
        self.output = nn.Linear(4 * hidden, 3)
        with torch.no_grad():
            for direction, suffix in (("forward", ""), ("backward", "_reverse")):
                kernel = gates_of(tensors[f"{direction}/kernel"].T, hidden)
                getattr(self.lstm, f"weight_ih_l0{suffix}").copy_(kernel[:, :width])
                getattr(self.lstm, f"weight_hh_l0{suffix}").copy_(kernel[:, width:])
                getattr(self.lstm, f"bias_ih_l0{suffix}").copy_(gates_of(tensors[f"{direction}/bias"], hidden))
                getattr(self.lstm, f"bias_hh_l0{suffix}").zero_()
            self.output.weight.copy_(tensors["output/kernel"].T)
            self.output.bias.copy_(tensors["output/bias"])

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        is_padding = torch.arange(tokens.shape[1]) >= lengths[:, None]
        maximum = states.masked_fill(is_padding[:, :, None], -torch.inf).amax(dim=1)
        scores = (states @ self.attention).masked_fill(is_padding, -torch.inf)
        attended = (scores.softmax(dim=1)[:, None, :] @ states).squeeze(1)
        return self.output(torch.cat([maximum, attended], dim=1))


def read_tensors(folder, manifest):
    values = np.fromfile(folder / manifest["weights"]["file"], dtype=np.float32)

    def tensor(shape, offset):
        start = offset // values.itemsize
        return torch.from_numpy(values[start : start + int(np.prod(shape))].reshape(shape))

    return {entry["name"]: tensor(entry["shape"], entry["offset"]) for entry in manifest["weights"]["tensors"]}


def gates_of(tensor, hidden):
    """Puts the gates along the first axis into PyTorch's order."""
    return torch.cat([tensor[gate * hidden : (gate + 1) * hidden] for gate in GATES])


# OpenMP's threads wait for each other at every step of the network. With one for each core, which the broker and the
# reader need too, they mostly wait: OMP_NUM_THREADS has it so.
if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(max(1, os.cpu_count() - 1))

given = arguments()
network = Network(given.model).eval()


@torch.inference_mode()
def logits(tokens, lengths):
    return network(torch.from_numpy(tokens), torch.from_numpy(lengths).long()).numpy()


run(given, logits)
