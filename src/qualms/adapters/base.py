"""Which base model an adapter belongs to: a few numbers of the embedding, which a grown, cut or padded
vocabulary leaves as they were.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from qualms.adapters.config import QSLConfig
from qualms.errors import ConfigError

_COLUMN = 5
_ROWS = [3]
while _ROWS[-1] < 1 << 22:  # as many small ones as large ones, and the same in every vocabulary
    _ROWS.append(_ROWS[-1] * 5 // 4 + 1)
_FEWEST_OLD = 6  # of the eight numbers that adapters saved until now have, how many must be comparable
_TOLERANCE = 2e-2  # what half precision takes from a number is well below


def _embedding(model: nn.Module) -> Tensor | None:
    """The input embedding (vocabulary, width), as it is without adapters; None where there are no numbers to
    read.
    """
    try:
        module: Any = model.get_input_embeddings()  # type: ignore[operator]
    except (AttributeError, NotImplementedError):
        return None
    while (
        inner := getattr(module, "original_module", None) or getattr(module, "base_layer", None)
    ) is not None:
        module = inner  # a copy that an adapter trains is not the base
    weight = getattr(module, "weight", None)
    if (
        weight is None
        or weight.is_meta
        or weight.ndim != 2
        or not weight.is_floating_point()
        or not weight.numel()
    ):
        return None
    return weight.detach()


def _read(weight: Tensor, rows: list[int], column: int) -> Tensor:
    return weight[torch.tensor(rows, device=weight.device), column].to("cpu", torch.float64)


def probe(model: nn.Module) -> dict[str, list] | None:
    """Numbers of the input embedding, and where they stand; None where there are none to read."""
    weight = _embedding(model)
    if weight is None:
        return None
    rows, column = [r for r in _ROWS if r < len(weight)] or [0], min(_COLUMN, weight.shape[1] - 1)
    return {
        "rows": rows,
        "columns": [column],
        "values": [float(f"{v:.6g}") for v in _read(weight, rows, column).tolist()],
    }


def _is_same(saved: dict[str, list] | list[float], weight: Tensor) -> bool:
    if isinstance(saved, list):
        return _is_same_as_once(torch.tensor(saved, dtype=torch.float64), weight)
    values, column = torch.tensor(saved["values"], dtype=torch.float64), saved["columns"][0]
    if not any(row < len(weight) for row in saved["rows"]):
        return True  # nothing is left to compare: a vocabulary of a few tokens
    both = [k for k, row in enumerate(saved["rows"]) if row < len(weight)]
    if column >= weight.shape[1]:
        return False
    found = _read(weight, [saved["rows"][k] for k in both], column)
    size = values.square().mean().sqrt()
    return torch.allclose(found, values[both], rtol=_TOLERANCE, atol=_TOLERANCE * float(size))


def _is_same_as_once(values: Tensor, weight: Tensor) -> bool:
    """For a probe of eight numbers without their rows, which were 3, 3 + s, …, 3 + 7 s for s a ninth of the
    vocabulary that it was taken from.

    That vocabulary's size is not known, so all steps are tried, the present one first. That another base has
    the same numbers by chance is less likely than one in a million.
    """
    column, size, count = min(_COLUMN, weight.shape[1] - 1), len(weight), len(values)
    longest = (size - 4) // (_FEWEST_OLD - 1)
    for step in (size // 9, *range(longest + 1)):
        rows = [min(k * step + 3, size - 1) if step == size // 9 else k * step + 3 for k in range(count)]
        both = [k for k, row in enumerate(rows) if row < size]
        if torch.allclose(
            _read(weight, [rows[k] for k in both], column), values[both], rtol=_TOLERANCE, atol=1e-3
        ):
            return True
    return False


def check_base(model: nn.Module, config: QSLConfig) -> None:
    """Remember the base for when the adapter is saved; refuse another one when it is loaded.

    Raises
    ------
    ConfigError
        If the adapter was trained on a base with other numbers in the rows that both vocabularies have.
    """
    config._seen_probe = probe(model)  # no field: a config may be used for several models before it is saved
    weight = _embedding(model)
    if config.base_probe and weight is not None and not _is_same(config.base_probe, weight):
        base = config.base_model_name_or_path or "another base model"
        raise ConfigError(
            f"this adapter was trained on {base}, and the model it is being loaded on has other weights; "
            "load that base (base_probe=[] overrides)"
        )
