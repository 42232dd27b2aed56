"""The methods of a study by name, each a way to make a model trainable.

- "untuned": the base model as it is, for reference. - "full": every weight.
- "lora", "prefix" and any other PEFT method by its name ("ia3", "vera", "oft", …).
- "qsl": the quantum sublayer in the seed paper's reading; "qsl:angles-only", "qsl:mergeable",
  "qsl:fitted", and "qsl:stored" and "qsl:recommended", which are classical, are the other presets.
- "qsl/frozen-angles", "qsl:mergeable/lora-equal", …: twins, `METHOD/TWIN`.
- "lora[r=1,target_modules=all-linear]", "qsl:mergeable[rank=4]/no-entangler", …: a method with settings of
  its own, which go before those of the recipe's `options`.
- "lora@superpositional", …: trained by `qualms.optim.SuperpositionalAdamW` instead of AdamW; its twins are
  "…/lambda-zero" and "…/random-q".
"""

from __future__ import annotations

from qualms.adapters import PRESETS
from qualms.adapters.twins import ON_REQUEST
from qualms.errors import ConfigError
from qualms.optim.twins import TWINS as OPTIMIZER_TWINS
from qualms.study.method import Method
from qualms.study.method_names import read_name, written
from qualms.study.method_settings import check_settings, peft_methods
from qualms.study.optimizer import OPTIMIZERS, SUPERPOSITIONAL


def parse(name: str) -> Method:
    """The method of that name.

    Names are read here, where a recipe or a command line has them; from there on methods travel.

    Raises
    ------
    ConfigError
        For a name that is no method, and for settings in its brackets that it does not have.
    """
    head, settings, behind = read_name(name)
    behind, slash, twin = behind.partition("/")
    nothing, at, optimizer = behind.partition("@")
    if nothing:
        raise ConfigError(f"method {name!r}: after the bracket stands @{SUPERPOSITIONAL}, /TWIN or nothing")
    family, _, preset = head.partition(":")
    optimizer = optimizer if at else "adamw"
    if optimizer not in OPTIMIZERS or (at and optimizer == "adamw"):
        raise ConfigError(f"method {name!r}: after @ stands {SUPERPOSITIONAL}, or nothing for AdamW")
    if at and family == "untuned":
        raise ConfigError(f"method {name!r}: untuned is not trained and has no optimizer")
    if family == "qsl":
        if preset == "seed":
            raise ConfigError(f"method {name!r}: write qsl, which is the same as the preset seed")
        preset = preset or "seed"
        if preset not in PRESETS:
            raise ConfigError(f"method {name!r}: unknown preset {preset!r}; there are {', '.join(PRESETS)}")
    elif preset:
        raise ConfigError(
            f"method {name!r}: only qsl has presets, and only qsl and @{SUPERPOSITIONAL} have twins"
        )
    elif family not in ("untuned", "full", "prefix") and family not in peft_methods():
        raise ConfigError(
            f"unknown method {name!r}; there are untuned, full, lora, prefix, qsl, "
            f"{', '.join(sorted(peft_methods()))}"
        )
    own = written(head, settings) + behind
    method = Method(own, family, preset, head, optimizer, settings=settings)
    if settings:
        check_settings(method, settings)
    return method.as_twin(twin) if slash else method


def with_twins(methods: list[Method], twins: list[str] | None) -> list[Method]:
    """The methods with every quantum one's twins after it, none twice.

    No quantum method is ever without a twin.

    Parameters
    ----------
    methods : list[Method]
    twins : list[str] or None
        Names; one that only some methods have is brought by those. None: of each method all but those that
        are made on request.

    Raises
    ------
    ConfigError
        For a name that no quantum method here has, and where one would be without a twin.
    """
    quantum = [m for m in methods if m.is_quantum]
    for twin in twins or ():
        if quantum and not any(twin in m.adapter_twin_names for m in quantum):
            quantum[0].as_twin(twin)  # refuses it
    out: list[Method] = []
    for method in methods:
        out.append(method)
        if method.is_quantum:
            out += [method.as_twin(name) for name in _chosen_twins(method, twins)]
        if method.is_superpositional:
            out += [method.as_twin(t.name) for t in OPTIMIZER_TWINS]
    return list(dict.fromkeys(out))


def _chosen_twins(method: Method, twins: list[str] | None) -> list[str]:
    if twins is None:
        return [name for name in method.adapter_twin_names if name not in ON_REQUEST]
    if not twins:
        raise ConfigError("twins is empty: a quantum method is never run without its classical twin")
    own = [name for name in twins if name in method.adapter_twin_names]
    if not own:
        raise ConfigError(f"method {method.name!r} has none of the twins {', '.join(twins)}")
    return own
