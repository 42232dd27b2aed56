"""Superpositional gradient descent: AdamW plus λ·Q."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.optimizer import ParamsT, _use_grad_for_differentiable

from qualms.data.numbers import plain
from qualms.errors import ConfigError, NonFiniteError
from qualms.kernels.adamw import can_sweep, materialised, superpositional_adamw_
from qualms.optim.adam_readings import adamw_as_read
from qualms.optim.coordinates import WHOLE, Choice, add, choose, numbers, take, writable
from qualms.optim.nonfinite import listed, not_finite
from qualms.optim.perturbations import Coordinates, Own, Perturbation
from qualms.optim.settings import (
    SHORT_NAMES,
    check,
    check_capture,
    check_state,
    is_on,
    is_torch_reading,
    made_plain,
    nonfinite_policy,
    perturbation_key,
    read_perturbation,
    refuse_misspelt,
    short_names,
    wants_sweep,
)
from qualms.records.quadrant import CLASSICAL, Quadrant, highest

# settings that `adamw_as_read` takes
_READ = ("lr", "weight_decay", "eps", "maximize", "bias_correction", "eps_inside_root")
# … and torch's function
_TORCH = (*_READ[:4], "amsgrad", "foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay")


@dataclass(frozen=True)
class _Batch:
    """A group's parameters that have a gradient, and Adam's state of them."""

    index: int
    group: dict[str, Any]
    params: list[Tensor]
    grads: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    largest: list[Tensor]
    steps: list[Tensor]
    has_complex: bool
    sweeps: bool  # whether the compiled core makes the step
    sine_sign: int  # and Q itself: plus or minus the sine

    @property
    def looks_on_its_way(self) -> bool:
        """Whether the sweep itself finds gradients that are no numbers.

        Only where it was asked for by ``fused=True``, because by then it has stepped the blocks around them;
        the path that nobody asked for looks before anything changes.
        """
        return bool(self.sine_sign and self.group["fused"]) and nonfinite_policy(self.group) == "raise"


@dataclass(frozen=True)
class _Change:
    """Q of a group: the tensors touched, where, what `take` gave of them, and Q there."""

    tensors: list[Tensor]
    choices: list[Choice]
    taken: list[Tensor]
    q: list[Tensor]


class SuperpositionalAdamW(torch.optim.AdamW):
    """AdamW whose step has a perturbation Q of chosen coordinates in it.

    θ ← θ(1 − lr·weight_decay) − lr·( m̂/(√v̂ + eps) + lam·Q(θ, g) )

    A drop-in for `torch.optim.AdamW`: at ``lam=0`` it is that, bit for bit, on the path that the same
    arguments choose there: the for-loop, foreach, fused, or torch's own choice. Its state is AdamW's, and
    each loads the other's. Arguments that AdamW has too mean what they mean there. Whether it is worth using
    at all is measured in ``experiments/superposition``.

    Parameters
    ----------
    params : ParamsT
        Parameters or parameter groups.
    lr : float | Tensor, default 0.001
        Learning rate.
    betas : tuple[float | Tensor, float | Tensor], optional
        Decay rates of the means of gradients and of their squares.
    eps : float, default 1e-08
        Added to the denominator.
    weight_decay : float, default 0.01
        Decoupled decay of the parameters.
    amsgrad : bool, default False
        Divide by the largest mean square so far.
    maximize : bool, default False
        Ascend instead of descend.
    capturable : bool, default False
        Whether a CUDA graph may capture the step.
    differentiable : bool, default False
        Whether autograd goes through the step.
    fused, foreach : bool, optional
        How the step is computed. By default (both None) and for ``lam > 0``, the step of dense,
        contiguous float32 or float64 parameters on a CPU is one sweep of the compiled core over memory, Q
        on all coordinates included; every other step is made by the function that torch chooses, which is
        foreach on a GPU. ``fused=True`` asks for the sweep, and for torch's fused step where the sweep
        does not apply. ``fused=False``, ``foreach=False`` and ``foreach=True`` go without the sweep: the
        first two take the for-loop, the third foreach, as in torch.
    lam : float | Tensor, default 0.5
        λ ≥ 0, how strong Q is. A tensor of one number where a captured graph must see it change.
        Schedules: `qualms.optim.CosineLam`, `PlateauLam`.
    q : Perturbation, optional
        Q: `Sine`, the paper's formula and the default; `FromCircuit`, Q from a circuit on a backend; `Own`, a
        function of one's own; and the classical controls `RandomQ` and `SignFlip` of one of them.
        ``q=Sine(scope="all")``, ``q=RandomQ(of=FromCircuit(depth=1))``.
    mode, n_qubits, scope, depth, entangle, gradient_angle, backend, backend_options, control_of, short, seed
        Short names for the same, as they stand in recipes, parameter groups and saved states; not together
        with `q`. `mode` is "sine", "circuit", a function, "random" or "sign_flip", the latter two of the Q
        that `control_of` names. The others are the arguments of the classes in `q`. In a parameter group
        ``"q"`` may stand for them too.
    bias_correction, eps_inside_root : bool
        How Adam is read. The paper writes m/(√v + ε) and m, v "as in Adam"; the defaults are torch's.
        Other readings work without amsgrad, capturable and differentiable.
    nonfinite : str, optional
        What becomes of a step whose gradients hold infinities or NaN. "raise": a `NonFiniteError` that
        names them, before anything changes, for which the gradients are read once more. Only the compiled
        sweep with ``fused=True`` saves that reading: it finds them on its way, leaves blocks of 512
        numbers that hold one alone, and has by then stepped the others. "skip": the step is left out
        whole, with a warning, and counted in `skipped_steps`. "propagate": as torch. Default: "raise",
        but "propagate" with `capturable` and under `torch.compile`, where nobody can look.

    Raises
    ------
    ConfigError
        Negative λ, unknown mode, scope or option, more qubits than any tensor has coordinates.

    References
    ----------
    Pamuk, Özdemir, Kocabay, "Superpositional Gradient Descent", arXiv 2511.01918.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        lam: float | Tensor = 0.5,
        n_qubits: int = 4,
        mode: str | Callable[[Coordinates], list[Tensor]] = "sine",
        scope: str = "tensor",
        *,
        q: Perturbation | None = None,
        depth: int = 2,
        entangle: bool = True,
        gradient_angle: str = "relative",
        backend: str = "statevector",
        backend_options: Mapping[str, Any] | None = None,
        control_of: str = "sine",
        short: str = "whole",
        bias_correction: bool = True,
        eps_inside_root: bool = False,
        nonfinite: str | None = None,
        seed: int = 0,
        amsgrad: bool = False,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        self._own: Own | None = q if isinstance(q, Own) else Own(mode) if callable(mode) else None
        self._options: dict[str, Any] = {
            "lam": lam, "n_qubits": n_qubits, "mode": "own" if callable(mode) else mode, "scope": scope,
            "depth": depth, "entangle": entangle, "gradient_angle": gradient_angle, "backend": backend,
            "backend_options": dict(backend_options or {}), "control_of": control_of, "short": short,
            "bias_correction": bias_correction, "eps_inside_root": eps_inside_root, "nonfinite": nonfinite,
            "seed": seed,
        }  # fmt: skip
        if q is not None:
            self._options.update(
                short_names(
                    q, {k: v for k, v in self._options.items() if k in SHORT_NAMES and v != SHORT_NAMES[k]}
                )
            )
        made_plain(self._options)
        self._built = False  # groups may be too small one by one
        self.skipped_steps = 0
        self._choices: dict[Any, list[list[Choice]]] = {}
        self._made: dict[Any, Perturbation] = {}
        self._seen: list[tuple] = []
        super().__init__(
            params, plain(lr), plain(betas), plain(eps), plain(weight_decay), amsgrad, maximize=maximize,
            foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused,
        )  # fmt: skip
        self.defaults.update(self._options)
        self._built = True
        self._check_sizes(self.param_groups)
        self._step_supports_amp_scaling = False  # Q needs gradients that the scaler has unscaled

    # Settings -----------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        refuse_misspelt(param_group, (*self._options, "q"))
        if isinstance(param_group, dict) and "q" in param_group:
            self._read_q(param_group, param_group)
        super().add_param_group(param_group)
        try:
            self._choices.clear()
            self._complete(self.param_groups[-1])
            if self._built:
                self._check_sizes(self.param_groups)
        except BaseException:
            self.param_groups.pop()
            raise

    def _complete(self, group: dict[str, Any]) -> None:
        """Give a group the options it lacks, and check them."""
        for key, value in self._options.items():
            group.setdefault(key, value)
        made_plain(group)
        self._check(group)

    def _read_q(self, group: dict[str, Any], beside: Mapping[str, Any]) -> None:
        """Put the short names in the place of a group's `q`."""
        named = short_names(group["q"], beside)
        if isinstance(group["q"], Own) and group["q"] is not self._own:
            raise ConfigError(
                "a perturbation that is a function is given to the optimizer "
                "as `q` or `mode`, not to a parameter group"
            )
        del group["q"]
        group.update(named)

    def _check(self, group: Mapping[str, Any]) -> None:
        check(group)
        check_capture(group, self._perturbation(group))

    def _check_changed(self) -> None:
        """Check settings that were changed by hand since the last step."""
        # a schedule of numpy's numbers may have changed torch's own settings too
        for group in self.param_groups:
            if "q" in group:
                self._read_q(group, {})
            if any(isinstance(value, np.generic) for value in group.values()):
                made_plain(group)
        now = [
            tuple(g[k] for k in self._options if k != "lam" or not isinstance(g["lam"], Tensor))
            for g in self.param_groups
        ]
        if now != self._seen:
            for group in self.param_groups:
                self._check(group)
            self._check_sizes(self.param_groups)
            self._seen = now

    def _check_sizes(self, every: Sequence[Mapping[str, Any]]) -> None:
        """Whether the scopes have as many coordinates as there are qubits."""
        for scopes, what, size in (
            (("tensor", "random"), "the largest tensor has", max),
            (("overall",), "all parameters together have", sum),
        ):
            groups = [g for g in every if g["scope"] in scopes and is_on(g["lam"])]
            most = size([numbers(p) for g in groups for p in g["params"]] or [0])
            asked = max((g["n_qubits"] for g in groups), default=0)
            if asked > most > 0:
                raise ConfigError(f"n_qubits={asked}, but {what} {most} coordinates")

    def _perturbation(self, group: Mapping[str, Any]) -> Perturbation:
        """Q of a group; the short names of its settings are read when they change."""
        key = perturbation_key(group)
        if key not in self._made:
            self._made[key] = read_perturbation(group, self._own)
        return self._made[key]

    @property
    def perturbations(self) -> list[Perturbation]:
        """Q of each parameter group."""
        return [self._perturbation(g) for g in self.param_groups]

    @property
    def quadrant(self) -> Quadrant:
        """What the steps are: the highest of the groups' quadrants."""
        return highest(
            *(
                q.quadrant if is_on(g["lam"]) else CLASSICAL
                for q, g in zip(self.perturbations, self.param_groups, strict=True)
            )
        )

    def _is_traceable(self, group: Mapping[str, Any]) -> bool:
        """Whether `torch.compile` can take the step into its graph: Q draws nothing, runs no circuit and is
        not somebody's own, and Adam is torch's.
        """
        return not is_on(group["lam"]) or (
            self._perturbation(group).sine_sign != 0 and is_torch_reading(group)
        )

    def coordinates(self) -> list[tuple[int, int]]:
        """(perturbed, all) coordinates of every parameter, in the optimizer's order."""
        out = []
        for index, group in enumerate(self.param_groups):
            for p, choice in zip(group["params"], self._chosen(index), strict=True):
                size = numbers(p)
                out.append(
                    (
                        0
                        if choice is None
                        else size
                        if choice == WHOLE
                        else choice
                        if isinstance(choice, int)
                        else len(choice[0]),
                        size,
                    )
                )
        return out

    def _chosen(self, index: int) -> list[Choice]:
        """The coordinates of a group's parameters; thought out anew when settings change."""
        key = tuple(
            (g["scope"], g["n_qubits"], g["short"], g["seed"], *[p.numel() for p in g["params"]])
            for g in self.param_groups
        )
        if key not in self._choices:
            self._choices.clear()
            taken, before, out = 0, 0, []
            for g in self.param_groups:
                out.append(
                    choose(g["params"], g["scope"], g["n_qubits"], g["short"], g["seed"], taken, before)
                )
                taken += sum(numbers(p) for p in g["params"]) if g["scope"] == "overall" else 0
                before += len(g["params"])
            self._choices[key] = out
        return self._choices[key][index]

    # State --------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        kept = {
            "_own": self._own,
            "_options": self._options,
            "_built": True,
            "skipped_steps": self.skipped_steps,
        }
        return {**super().__getstate__(), **kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._choices, self._made, self._seen = {}, {}, []
        self._step_supports_amp_scaling = False
        for group in self.param_groups:
            self._complete(group)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state of this class or of `torch.optim.AdamW`; groups without our options keep those
        they have.

        Raises
        ------
        ConfigError
            For a state of another optimizer or of parameters of other shapes, before anything changes.
        """
        check_state(state_dict, [p for g in self.param_groups for p in g["params"]])
        if len(self.param_groups) == len(state_dict["param_groups"]):
            groups = [
                {**{k: ours[k] for k in self._options}, **theirs}
                for ours, theirs in zip(self.param_groups, state_dict["param_groups"], strict=True)
            ]
            merged = [
                {**self.defaults, **g, "params": ours["params"]}
                for g, ours in zip(groups, self.param_groups, strict=True)
            ]
            for group in merged:
                made_plain(group)
                self._check(group)
            self._check_sizes(merged)
            for group in groups:
                made_plain(group)
            state_dict = {**state_dict, "param_groups": groups}
        super().load_state_dict(state_dict)

    # The step -----------------------------------------------------------------------------------------------

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step.

        Parameters
        ----------
        closure : Callable[[], Any], optional
            Evaluates the model again and returns the loss, which is handed back.

        Raises
        ------
        NonFiniteError
            See `nonfinite`.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        health_check = getattr(self, "_accelerator_graph_capture_health_check", None)
        if health_check is not None:
            health_check()
        if all(self._is_traceable(g) and g["nonfinite"] in (None, "propagate") for g in self.param_groups):
            self._advance()
        else:
            self._advance_untraced()
        return loss

    @torch.compiler.disable  # where the graph breaks in the middle, torch's own step does not compile
    def _advance_untraced(self) -> None:
        self._advance()

    def _advance(self) -> None:
        if not torch.compiler.is_compiling():
            self._check_changed()
        batches = [self._collect(index, group) for index, group in enumerate(self.param_groups)]
        if not torch.compiler.is_compiling() and self._leave_out(batches):
            return
        # all of them before anything moves: an error leaves nothing half-made
        changes = [self._perturb(at) for at in batches]
        for at, change in zip(batches, changes, strict=True):
            if at.params:
                self._step_group(at, change)

    def _collect(self, index: int, group: dict[str, Any]) -> _Batch:
        lists: tuple[list[Tensor], ...] = ([], [], [], [], [], [])
        has_complex = self._init_group(group, *lists)
        params, grads, means, squares, largest, steps = lists
        wanted = wants_sweep(group) and not torch.compiler.is_compiling()
        if wanted or (group["fused"] and not torch.compiler.is_compiling()):
            grads = [materialised(g) for g in grads]
        sweeps = wanted and bool(params) and can_sweep([*params, *grads, *means, *squares])
        sign = self._perturbation(group).sine_sign if sweeps else 0
        return _Batch(index, group, params, grads, means, squares, largest, steps, has_complex, sweeps, sign)

    def _step_group(self, at: _Batch, change: _Change | None) -> None:
        group, (beta1, beta2) = at.group, at.group["betas"]
        if at.sweeps:
            chosen = zip(group["params"], self._chosen(at.index), strict=True)
            limits = [_limit(p, c) if at.sine_sign else 0 for p, c in chosen if p.grad is not None]
            self._sweep(at, at.sine_sign * float(group["lam"]), limits)
        elif is_torch_reading(group):
            adam(
                at.params, at.grads, at.means, at.squares, at.largest, at.steps, has_complex=at.has_complex,
                beta1=beta1, beta2=beta2, **{k: group[k] for k in _TORCH},
            )  # fmt: skip
        else:
            adamw_as_read(
                at.params,
                at.grads,
                at.means,
                at.squares,
                at.steps,
                beta1=beta1,
                beta2=beta2,
                **{k: group[k] for k in _READ},
            )
        if change:
            add(change.tensors, change.choices, change.taken, change.q, -(group["lr"] * group["lam"]))

    def _perturb(self, at: _Batch) -> _Change | None:
        """Q of a group from what is there before the step; None if there is none, or the sweep makes it."""
        group, before = at.group, sum(len(g["params"]) for g in self.param_groups[: at.index])
        if not is_on(group["lam"]) or at.sine_sign or not at.params:
            return None
        chosen = self._chosen(at.index)
        # as `_init_group` collects them
        places = [k for k, p in enumerate(group["params"]) if p.grad is not None]
        # place in the batch, choice and place in the optimizer, by device and type
        kinds: dict[Any, list[tuple[int, Choice, int]]] = {}
        for k, place in enumerate(places):
            if chosen[place] is not None:
                p = at.params[k]
                kinds.setdefault((p.device, p.dtype), []).append(
                    (k, writable(p, chosen[place]), before + place)
                )
        out = _Change([], [], [], [])
        for same in kinds.values():
            theta, grad = ([take(column[k], c) for k, c, _ in same] for column in (at.params, at.grads))
            if group["maximize"]:
                grad = list(torch._foreach_neg(grad))
            means, squares = ([(column[k], c) for k, c, _ in same] for column in (at.means, at.squares))
            steps, where, (beta1, beta2) = (
                [at.steps[k] for k, _, _ in same],
                [place for _, _, place in same],
                group["betas"],
            )
            # a differentiable step keeps them while they change
            seen = [t.clone() for t in theta] if torch.is_grad_enabled() else theta
            q = self._perturbation(group)(
                Coordinates(seen, grad, steps, where, beta1, beta2, group["eps"], means, squares)
            )
            out.q.extend(q)
            out.tensors.extend(at.params[k] for k, _, _ in same)
            out.choices.extend(c for _, c, _ in same)
            out.taken.extend(theta)
        return out if out.tensors else None

    def _sweep(self, at: _Batch, lam: float, limits: list[int]) -> None:
        group = at.group
        torch._foreach_add_(at.steps, 1)
        bad = superpositional_adamw_(
            at.params, at.grads, at.means, at.squares, limits, [float(s) for s in at.steps],
            lr=float(group["lr"]), betas=group["betas"], eps=group["eps"], weight_decay=group["weight_decay"],
            lam=lam, maximize=group["maximize"], eps_inside_root=group["eps_inside_root"],
            correct_bias=group["bias_correction"], check=at.looks_on_its_way,
        )  # fmt: skip
        if bad.any():
            which = [(self._name(at.index, p), int(n), p) for p, n in zip(at.params, bad, strict=True) if n]
            left = (
                "blocks without one have been stepped, later groups have not: go on from a checkpoint, "
                "or give nonfinite='skip'"
            )
            raise NonFiniteError(f"{listed(which)}; {left}")

    # Gradients that are no numbers --------------------------------------------------------------------------

    def _leave_out(self, batches: list[_Batch]) -> bool:
        """Look at the gradients where the policy asks for it and the sweep does not do so itself; whether to
        leave this step out.
        """
        for policy in ("raise", "skip"):
            watched = [
                at for at in batches if nonfinite_policy(at.group) == policy and not at.looks_on_its_way
            ]
            bad = [
                (self._name(at.index, p), count, p)
                for at in watched
                for p, count in not_finite(at.params, at.grads)
            ]
            if bad and policy == "raise":
                raise NonFiniteError(
                    f"{listed(bad)}; nothing was changed. nonfinite='skip' leaves such steps out"
                )
            if bad:
                self.skipped_steps += 1
                warnings.warn(f"step left out: {listed(bad)}", RuntimeWarning, stacklevel=4)
                return True
        return False

    def _name(self, index: int, parameter: Tensor) -> str:
        group = self.param_groups[index]
        place = next(k for k, p in enumerate(group["params"]) if p is parameter)
        if names := group.get("param_names"):
            return str(names[place])
        return f"parameter {place}" + (f" of group {index}" if len(self.param_groups) > 1 else "")


def _limit(parameter: Tensor, choice: Choice) -> int:
    """How many of a contiguous real parameter's first coordinates are touched."""
    return 0 if choice is None else parameter.numel() if choice == WHOLE else choice  # type: ignore[return-value]
