"""The paper's text classifier: embedding 64, 4 heads, feed-forward 128, 2 layers, dropout .1; what it leaves
open: learned positions, normalisation before each block, mean over tokens, GELU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from qualms.adapters import FourierScoreBias, QuantumScoreBias


class Block(nn.Module):
    def __init__(self, width: int, heads: int, inner: int, dropout: float, bias: nn.Module | None) -> None:
        super().__init__()
        self.heads, self.p, self.bias = heads, dropout, bias
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        q, k, v = (
            t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in self.qkv(self.norm1(x)).chunk(3, -1)
        )
        mask: Tensor = keep[:, None, None, :]
        if self.bias is not None:
            scores = q @ k.mT / q.shape[-1] ** 0.5
            mask = self.bias(scores).masked_fill(~mask, float("-inf"))
        drop = self.p if self.training else 0.0
        mixed = (
            nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=drop)
            .transpose(1, 2)
            .flatten(2)
        )
        x = x + nn.functional.dropout(self.out(mixed), drop)
        return x + nn.functional.dropout(self.down(nn.functional.gelu(self.up(self.norm2(x)))), drop)


class Classifier(nn.Module):
    """`attention` is "plain", "circuit", with the paper's Φ on the scores, or "fourier", with Φ's classical
    twin.
    """

    def __init__(self, vocabulary: int, classes: int, length: int, attention: str = "plain") -> None:
        super().__init__()
        self.tokens, self.places = (
            nn.Embedding(vocabulary, 64, padding_idx=0),
            nn.Parameter(0.02 * torch.randn(length, 64)),
        )
        bias = {"plain": lambda: None, "circuit": QuantumScoreBias, "fourier": FourierScoreBias}[attention]
        self.blocks = nn.ModuleList(Block(64, 4, 128, 0.1, bias()) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(64), nn.Linear(64, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        keep = tokens != 0
        x = nn.functional.dropout(self.tokens(tokens) + self.places[: tokens.shape[1]], 0.1, self.training)
        for block in self.blocks:
            x = block(x, keep)
        x = self.norm(x) * keep[..., None]
        return self.head(x.sum(1) / keep.sum(1, keepdim=True).clamp_min(1))
