"""Grows a teacher: a sentence model with a head of three classes, fine-tuned on the labelled training rows."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from encoders import ENCODERS
from rows import LABELS, Row, prepared

TOKENS_A_BATCH = 2048
MOST_ROWS = 48
WARM_UP = 0.06
HEAD_RATE = 10
CLIP = 1.0
HAS_BFLOAT16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
"""Half as many bits are twice as fast, and where the processor does not know them thirty times slower."""


@dataclass(frozen=True)
class Plan:
    """What a teacher is grown from."""

    encoder: str
    languages: tuple[str, ...]
    """Whose posts it labels."""
    passes: dict[str, float]
    """How often each file's rows come in the whole training; a fraction draws that share of them."""
    learning_rate: float
    max_tokens: int
    """In training; longer texts are cut."""
    trains_embeddings: bool
    names_emoji: bool = False
    prefix: str = ""
    label_tokens: int | None = None
    """In labelling, where it is not the same."""
    seed: int = 1


class Teacher(nn.Module):
    def __init__(self, plan: Plan, files: Path) -> None:
        super().__init__()
        self.plan = plan
        self.tokenizer, self.encoder = ENCODERS[plan.encoder](files)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(plan.max_tokens)
        self.encoder.embeddings.requires_grad_(plan.trains_embeddings)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        ready = [self.plan.prefix + prepared(text, self.plan.names_emoji) for text in texts]
        return [one.ids for one in self.tokenizer.encode_batch(ready)]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits [rows, 3] of token ids [rows, tokens]: the mean of the states, through the head."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BFLOAT16):
            states = self.encoder(ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(2).float()
        return self.head(self.dropout((states.float() * weights).sum(1) / weights.sum(1)))


def padded(tokens: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    width = max(len(one) for one in tokens)
    ids = torch.zeros(len(tokens), width, dtype=torch.long)
    mask = torch.zeros(len(tokens), width, dtype=torch.long)
    for row, one in enumerate(tokens):
        ids[row, : len(one)] = torch.tensor(one)
        mask[row, : len(one)] = 1
    return ids, mask


def batches(lengths: Sequence[int], order: Sequence[int], tokens_a_batch: int, most: int) -> Iterator[list[int]]:
    """Cuts an order into batches of about as many tokens each."""
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) == most or (len(batch) + 1) * max(lengths[index], lengths[batch[0]]) > tokens_a_batch):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def logits_of(teacher: Teacher, texts: Sequence[str]) -> Tensor:
    """Logits [texts, 3], in the order of the texts."""
    teacher.eval()
    teacher.tokenizer.enable_truncation(teacher.plan.label_tokens or teacher.plan.max_tokens)
    tokens = teacher.tokens(texts)
    lengths = [len(one) for one in tokens]
    order = sorted(range(len(tokens)), key=lambda index: -lengths[index])
    result = torch.zeros(len(texts), len(LABELS))
    with torch.inference_mode():
        for batch in batches(lengths, order, 4 * TOKENS_A_BATCH, 256):
            result[batch] = teacher(*padded([tokens[index] for index in batch]))
    return result


def macro_recall(logits: Tensor, rows: Sequence[Row]) -> float:
    """Mean of the labels' recalls; where the rows have two labels those compete alone."""
    labels = torch.tensor([row.label for row in rows])
    open_logits = logits.clone()
    if all(row.two_class for row in rows):
        open_logits[:, 1] = -torch.inf
    hits = open_logits.argmax(1) == labels
    present = [label for label in range(len(LABELS)) if (labels == label).any()]
    return sum(hits[labels == label].float().mean().item() for label in present) / len(present)


def grow(plan: Plan, rows: Sequence[Row], files: Path, say) -> Teacher:
    """Fine-tunes by AdamW with a linear schedule. The loss is the cross-entropy, weighted by half a label's rarity."""
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)
    teacher = Teacher(plan, files)
    examples = drawn(plan, rows, chance)
    tokens = teacher.tokens([row.text for row in examples])
    lengths = [len(one) for one in tokens]
    weights = weights_by_label(examples)
    order = shuffled_by_length(lengths, chance)
    cut = list(batches(lengths, order, TOKENS_A_BATCH, MOST_ROWS))
    chance.shuffle(cut)
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in teacher.encoder.parameters() if p.requires_grad], "lr": plan.learning_rate},
            {"params": teacher.head.parameters(), "lr": HEAD_RATE * plan.learning_rate},
        ],
        weight_decay=0.01,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step / len(cut)))
    teacher.train()
    started, mean_loss = time.monotonic(), math.nan
    for step, batch in enumerate(cut):
        chosen = [examples[index] for index in batch]
        logits = teacher(*padded([tokens[index] for index in batch]))
        closed = torch.tensor([[0.0, -1e9 if row.two_class else 0.0, 0.0] for row in chosen])
        losses = nn.functional.cross_entropy(
            logits + closed, torch.tensor([row.label for row in chosen]), reduction="none"
        )
        weight = torch.tensor([weights[row.file, row.label] for row in chosen])
        loss = (losses * weight).sum() / weight.sum()
        loss.backward()
        nn.utils.clip_grad_norm_(teacher.parameters(), CLIP)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        mean_loss = loss.item() if math.isnan(mean_loss) else 0.98 * mean_loss + 0.02 * loss.item()
        if (step + 1) % 100 == 0:
            left = (time.monotonic() - started) / (step + 1) * (len(cut) - step - 1)
            say(f"step {step + 1} of {len(cut)}: loss {mean_loss:.3f}, {left / 60:.0f} min left")
    return teacher


def drawn(plan: Plan, rows: Sequence[Row], chance: random.Random) -> list[Row]:
    examples: list[Row] = []
    for name, passes in plan.passes.items():
        of_file = [row for row in rows if row.file == name and row.role == "train" and row.label >= 0]
        for _ in range(int(passes)):
            examples += of_file
        examples += chance.sample(of_file, round((passes % 1) * len(of_file)))
    return examples


def weights_by_label(examples: Sequence[Row]) -> dict[tuple[str, int], float]:
    counts: dict[str, list[int]] = {}
    for row in examples:
        counts.setdefault(row.file, [0, 0, 0])[row.label] += 1
    return {
        (name, label): (sum(of_file) / sum(count > 0 for count in of_file) / count) ** 0.5
        for name, of_file in counts.items()
        for label, count in enumerate(of_file)
        if count > 0
    }


def shuffled_by_length(lengths: Sequence[int], chance: random.Random) -> list[int]:
    """Random runs of 2,000, each by length: little padding, and still a random order."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    runs = [order[start : start + 2000] for start in range(0, len(order), 2000)]
    return [index for run in runs for index in sorted(run, key=lambda index: -lengths[index])]


def rate_at(progress: float) -> float:
    return progress / WARM_UP if progress < WARM_UP else (1 - progress) / (1 - WARM_UP)
