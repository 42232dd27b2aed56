"""What a method of a study is: a way to make a model trainable, and an optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from qualms.adapters import PRESETS
from qualms.errors import ConfigError
from qualms.optim.twins import TWINS as OPTIMIZER_TWINS
from qualms.records import Twin
from qualms.records.twin import declared_twins
from qualms.study.optimizer import SUPERPOSITIONAL


@dataclass(frozen=True)
class Method:
    """A method: a way to make a model trainable, and the optimizer. `qualms.study.methods.parse`
    makes one of a name.

    Attributes
    ----------
    name : str
        As it stands in recipes and records.
    family : str
        "untuned", "full", "qsl" or a PEFT method.
    preset : str
        Of a QSL, "seed" where the name has none; empty for other families.
    head : str
        The name without settings, optimizer and twin; the recipe's options go by it.
    optimizer : str
        "adamw" or "superpositional".
    twin : str, optional
        Which twin this is of its QSL or of its optimizer, if one.
    settings : dict[str, Any]
        Those in the brackets of its name.
    """

    name: str
    family: str
    preset: str
    head: str
    optimizer: str = "adamw"
    twin: str | None = None
    settings: dict[str, Any] = field(default_factory=dict, compare=False)  # the name has them

    def __str__(self) -> str:
        return self.name

    @property
    def optimizer_twin(self) -> str | None:
        return self.twin if any(t.name == self.twin for t in OPTIMIZER_TWINS) else None

    @property
    def adapter_twin(self) -> Twin | None:
        return next((t for t in self._adapter_twins if t.name == self.twin), None)

    @property
    def adapter_twin_names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self._adapter_twins)

    @property
    def _adapter_twins(self) -> tuple[Twin, ...]:
        return declared_twins(PRESETS[self.preset](**self.settings)) if self.family == "qsl" else ()

    @property
    def twins(self) -> tuple[Twin, ...]:
        """Those that a method of this name can have."""
        return (*self._adapter_twins, *(OPTIMIZER_TWINS if self.optimizer == SUPERPOSITIONAL else ()))

    @property
    def control(self) -> str | None:
        """What is different from the method that this is the twin of, in words."""
        return next((t.control for t in self.twins if t.name == self.twin), None)

    @property
    def twin_of(self) -> str | None:
        """Name of the method that this is the twin of."""
        return self.name.removesuffix(f"/{self.twin}") if self.twin else None

    @property
    def is_trained(self) -> bool:
        return self.family != "untuned"

    @property
    def is_quantum(self) -> bool:
        """Whether there are circuits in it, so that it brings twins; a classical preset has none."""
        return self.family == "qsl" and self.twin is None and bool(self._adapter_twins)

    @property
    def is_superpositional(self) -> bool:
        return self.optimizer == SUPERPOSITIONAL and self.twin is None

    def as_twin(self, twin: str) -> Method:
        """The twin of that name. Raises ConfigError if there is none."""
        twins = [t.name for t in self.twins]
        name = f"{self.name}/{twin}"
        if not twins:
            raise ConfigError(
                f"method {name!r}: only qsl has presets, and only qsl and @{SUPERPOSITIONAL} have twins"
            )
        if twin not in twins:
            raise ConfigError(f"method {name!r}: unknown twin {twin!r}; there are {', '.join(twins)}")
        return replace(self, name=name, twin=twin)


UNTUNED = Method("untuned", "untuned", "", "untuned")
