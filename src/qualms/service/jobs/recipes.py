"""What the recipe of a request may say.

Everything that is allowed is listed here, and everything else is refused: a field that a recipe gains later,
or an option that a method gains, cannot be asked for until somebody has looked at what it reaches. What is
left out on purpose names files, models, code, addresses, or where circuits run, which may cost money.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from qualms.errors import ConfigError
from qualms.study.method_names import read_name
from qualms.study.recipe import Recipe, Search, checked

OWN_MODELS = ("base", "minilm")  # that come with the package
OWN_DATA = "trails"
FIELDS = frozenset(
    "task model data input_field output_field skip_bad_rows separator methods twins seeds steps batch_size "
    "warmup_steps weight_decay learning_rates head_rate search options optim_options max_length "
    "max_new_tokens validation_examples test_examples samples".split()
)
REFUSED = {  # fields of a recipe that no request may have, and why
    "workers": "the service's settings say how many runs are made at a time",
    "executor": "the service decides where runs are made",
    "report_to": "the service tells nobody else about runs",
}
SEARCH = frozenset(("factors", "steps", "extend"))
OPTIONS = frozenset(  # of methods: numbers, truth values and choices that an adapter is made of
    # of the quantum sublayer
    "form n_qubits n_layers entangler rz closing_ry down share_down readout normalize keep_norm up share_up "
    "rank scaling dropout circuit angle_std start fit_to fit_batches update_rate fit_steps fit_rate bits "
    "gains "
    # of PEFT's methods
    "target_modules exclude_modules feedforward_modules layers_to_transform r alpha bias lora_alpha "
    "lora_dropout lora_bias use_rslora use_dora init_lora_weights num_virtual_tokens prefix_projection "
    "encoder_hidden_size init_weights fan_in_fan_out block_size group_size variant n_frequency d_initial "
    "vera_dropout num_vectors vector_length topk oft_block_size module_dropout boft_block_size "
    "boft_block_num boft_n_butterfly_factor boft_dropout rank_dropout decompose_both decompose_factor coft "
    "eps block_share token_indices".split()
)
OPTIMIZER = frozenset(  # options of methods that are trained @superpositional
    "lam lam_schedule mode control_of scope short n_qubits depth entangle gradient_angle seed betas eps "
    "bias_correction eps_inside_root nonfinite amsgrad".split()
)
_NAME = re.compile(r"[\w.:=+ -]{0,64}")  # of texts: nothing that leads to a file
_METHOD = re.compile(r"[\w.:=+ @/,\[\]-]{1,200}")  # a name with settings in brackets, an optimizer, a twin


def check_recipe(recipe: Mapping[str, Any], uploaded: bool, models: Collection[str]) -> Recipe:
    """The recipe of a request, checked.

    Parameters
    ----------
    recipe : Mapping
        As it was sent.
    uploaded : bool
        Whether the request names an uploaded file, which is the data then.
    models : collection of str
        Models that may be tuned besides those that come with the package.

    Raises
    ------
    ConfigError
        For a field or an option that is not allowed or has no such value; one line with its place.
    """
    for key in recipe:
        if key in REFUSED:
            raise ConfigError(f"recipe.{key}: {REFUSED[key]}; leave it out")
        _check_allowed(key, FIELDS, "recipe", "field")
    found = checked(recipe, lambda key: f"recipe.{key}")
    allowed = (*OWN_MODELS, *models)
    if found.model not in allowed:
        raise ConfigError(f"recipe.model: {found.model!r} is not among {', '.join(allowed)}")
    if found.data != OWN_DATA or (uploaded and "data" in recipe):
        raise ConfigError(
            f'recipe.data: it is "{OWN_DATA}" or an uploaded file, whose id stands in `upload`; leave it out'
        )
    for key in ("input_field", "output_field", "twins"):
        _check_value(getattr(found, key), f"recipe.{key}")
    for key in Search.model_fields.keys() & recipe.get("search", {}):
        _check_allowed(key, SEARCH, "recipe.search", "field")
    for name in (*found.methods, *found.learning_rates):
        _check_method(name)
    for method, options in found.options.items():
        _check_method(method)
        _check_options(options, OPTIONS, f"recipe.options.{method}")
    _check_options(found.optim_options, OPTIMIZER, "recipe.optim_options")
    return found


def _check_method(name: str) -> None:
    """A method's name has settings in its brackets, which are options like any other."""
    if not _METHOD.fullmatch(name):
        raise ConfigError(f"recipe.methods: {name[:40]!r} is no name of a method")
    head, settings, _ = read_name(name)
    _check_options(settings, OPTIONS, f"recipe.methods: {head}")


def _check_options(options: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    for key, value in options.items():
        _check_allowed(key, allowed, where, "option")
        _check_value(value, f"{where}.{key}")


def _check_allowed(key: str, allowed: Collection[str], where: str, what: str) -> None:
    if key in allowed:
        return
    near = get_close_matches(key, allowed, n=1)
    told = f"did you mean {near[0]!r}?" if near else "leave it out"
    raise ConfigError(f"{where}: {key[:40]!r} is no {what} that a request may have; {told}")


def _check_value(value: Any, where: str) -> None:
    """Numbers, truth values, names, and lists of them."""
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str):
            if not _NAME.fullmatch(one):
                raise ConfigError(f"{where}: {one[:40]!r} is no name or setting")
        elif one is not None and not isinstance(one, bool | int | float):
            raise ConfigError(f"{where}: it must be a number, true or false, a name, or a list of these")
