"""The language model that ships, as one function of its weight matrices, so that an adapter is whatever
changes them.

All maps of one shape are one tensor: `square` holds query, key, value and output projections, `wide` gate and
up projections, `narrow` down projections. An adapter returns new tensors of the same shapes, and autograd
carries the loss's gradient to whatever made them. Tokens of a batch are packed without padding; only
attention sees a padded grid. `python experiments/adapters/language_model.py` compares it with transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from qualms.language_models import load_model
from qualms.study.encoding import IGNORED, Encoded

Maps = dict[str, Tensor]

PLACES: dict[str, tuple[tuple[int, str], ...]] = {
    "square": tuple((layer, name) for layer in range(4) for name in ("q", "k", "v", "o")),
    "wide": tuple((layer, name) for layer in range(4) for name in ("gate", "up")),
    "narrow": tuple((layer, "down") for layer in range(4)),
}
"""Layer and name of every map, in the order in which the tensors of a shape hold them."""


@dataclass(frozen=True)
class Batch:
    """Packed tokens of several sequences.

    Attributes
    ----------
    ids : Tensor (N,)
        Tokens, sequence after sequence.
    cells : Tensor (N,)
        Where each token stands in the padded grid (B · T).
    grid : tuple of int
        B and T.
    asked : Tensor (M,)
        Positions among the N whose next token is to be predicted.
    answers : Tensor (M,)
        Those next tokens.
    """

    ids: Tensor
    cells: Tensor
    grid: tuple[int, int]
    asked: Tensor
    answers: Tensor


def pack(items: list[Encoded]) -> Batch:
    """Sequences as one batch."""
    longest = max(len(item.ids) for item in items)
    ids, cells, asked, answers = [], [], [], []
    for row, item in enumerate(items):
        for place, label in enumerate(item.labels[1:]):
            if label != IGNORED:
                asked.append(len(ids) + place)
                answers.append(label)
        cells += [row * longest + place for place in range(len(item.ids))]
        ids += item.ids
    return Batch(
        torch.tensor(ids),
        torch.tensor(cells),
        (len(items), longest),
        torch.tensor(asked),
        torch.tensor(answers),
    )


class LanguageModel:
    """The shipped base with its maps taken out: `loss(maps, batch)`."""

    def __init__(self) -> None:
        model = load_model("base", "generate")
        config, body = model.config, model.model
        self.heads, self.epsilon = config.num_attention_heads, config.rms_norm_eps
        self.embedding = body.embed_tokens.weight.detach().float()
        self.norms: Maps = {
            "attention": torch.stack([layer.input_layernorm.weight.detach() for layer in body.layers]),
            "feed_forward": torch.stack(
                [layer.post_attention_layernorm.weight.detach() for layer in body.layers]
            ),
            "last": body.norm.weight.detach()[None].clone(),
        }
        self.maps: Maps = {
            shape: torch.stack(
                [
                    getattr(
                        body.layers[layer].self_attn if name in "qkvo" else body.layers[layer].mlp,
                        f"{name}_proj",
                    )
                    .weight.detach()
                    .float()
                    for layer, name in places
                ]
            )
            for shape, places in PLACES.items()
        }
        width = self.embedding.shape[1] // self.heads
        frequencies = config.rope_parameters["rope_theta"] ** (-torch.arange(0, width, 2) / width)
        turns = torch.arange(config.max_position_embeddings)[:, None] * frequencies
        self.cos, self.sin = (torch.cat([f(turns), f(turns)], -1) for f in (torch.cos, torch.sin))

    def loss(
        self,
        maps: Maps,
        batch: Batch,
        reduction: str = "mean",
        norms: Maps | None = None,
        linear: Callable[[Tensor, Tensor], Tensor] = F.linear,
    ) -> Tensor:
        """Cross-entropy of the tokens that are asked for; `linear` applies the maps."""
        norms = norms or self.norms
        rows, longest = batch.grid
        position = batch.cells % longest
        cos, sin = self.cos[position][:, None], self.sin[position][:, None]
        x = self.embedding[batch.ids]
        square = maps["square"].unflatten(0, (-1, 4)).unbind(0)
        wide = maps["wide"].unflatten(0, (-1, 2)).unbind(0)
        narrow = maps["narrow"].unbind(0)
        for layer in range(len(square)):
            into, out = square[layer].split([3, 1])
            h = F.rms_norm(x, x.shape[-1:], norms["attention"][layer], self.epsilon)
            qk, v = (
                linear(h, into.flatten(0, 1))
                .unflatten(-1, (3 * self.heads, -1))
                .split([2 * self.heads, self.heads], 1)
            )
            low, high = qk.chunk(2, -1)
            packed = torch.cat([qk * cos + torch.cat([-high, low], -1) * sin, v], 1)
            padded = packed.new_zeros(rows * longest, *packed.shape[1:]).index_copy(0, batch.cells, packed)
            q, k, v = padded.unflatten(0, batch.grid).unflatten(2, (3, self.heads)).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
            cells = batch.cells
            if layer == len(square) - 1:  # what follows concerns only the tokens that are asked for
                x, cells = x[batch.asked], cells[batch.asked]
            x = x + linear(mixed.reshape(rows * longest, -1)[cells], out[0])
            h = F.rms_norm(x, x.shape[-1:], norms["feed_forward"][layer], self.epsilon)
            gate, up = linear(h, wide[layer].flatten(0, 1)).chunk(2, -1)
            x = x + linear(F.silu(gate) * up, narrow[layer])
        x = F.rms_norm(x, x.shape[-1:], norms["last"][0], self.epsilon)
        return F.cross_entropy(F.linear(x, self.embedding), batch.answers, reduction=reduction)

    def mean_loss(self, maps: Maps, batches: list[Batch], norms: Maps | None = None) -> float:
        """Cross-entropy per token over several batches."""
        with torch.no_grad():
            total = sum(float(self.loss(maps, b, "sum", norms)) for b in batches)
        return total / sum(len(b.answers) for b in batches)

    def gradient(self, batches: list[Batch], maps: Maps | None = None) -> Maps:
        """Sum over batches of the loss's gradient in every map."""
        leaves = {k: v.detach().clone().requires_grad_() for k, v in (maps or self.maps).items()}
        for batch in batches:
            self.loss(leaves, batch).backward()
        return {k: v.grad for k, v in leaves.items() if v.grad is not None}

    def calls(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Of every linear map's call in its order, the input and the loss's gradient in the output."""
        made: list[tuple[Tensor, Tensor]] = []

        def record(x: Tensor, weight: Tensor) -> Tensor:
            y = F.linear(x, weight)
            y.retain_grad()
            made.append((x.detach(), y))
            return y

        leaves = {k: v.clone().requires_grad_() for k, v in self.maps.items()}
        self.loss(leaves, batch, linear=record).backward()
        return [(x, y.grad) for x, y in made if y.grad is not None]

    def moments(self, batches: list[Batch]) -> tuple[Maps, Maps]:
        """Second moments of every map's input (m, n_in, n_in), and of the loss's gradient in its output."""
        inputs, outputs = {}, {}
        for batch in batches:
            for i, (x, grad_out) in enumerate(self.calls(batch)):
                parts = {0: 3, 2: 2}.get(
                    i % 4, 1
                )  # query, key and value come from one call, so do gate and up
                for part, grad in enumerate(grad_out.chunk(parts, -1)):
                    place = (i // 4, ("qkv", "o", ("gate", "up"), ("down",))[i % 4][part])
                    inputs[place] = inputs.get(place, 0) + x.T @ x
                    outputs[place] = outputs.get(place, 0) + grad.T @ grad
        return tuple(
            {shape: torch.stack([every[place] for place in places]) for shape, places in PLACES.items()}
            for every in (inputs, outputs)
        )


if __name__ == "__main__":
    from examples import load_task

    from qualms.study.encoding import collate

    items = load_task("e2e").train[:8]
    mine, theirs = LanguageModel(), load_model("base", "generate")
    with torch.no_grad():
        print(float(mine.loss(mine.maps, pack(items))), float(theirs(**collate(items, 0, "generate")).loss))
