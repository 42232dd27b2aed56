"""Settings of a quantum sublayer adapter, in PEFT's shape, with the presets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from peft.config import PeftConfig

from qualms.adapters.config_checks import check
from qualms.adapters.registration import PEFT_TYPE
from qualms.circuits import LayeredAnsatz
from qualms.records.quadrant import Quadrant

Form = Literal["sublayer", "factors"]
Down = Literal["learned", "random", "slice", "full"]
Readout = Literal["z", "probs", "amplitudes"]
Up = Literal["learned", "gain", "fixed"]
Circuit = Literal["trained", "frozen", "orthogonal", "stored"]
Start = Literal["random", "fitted"]
Goal = Literal["update", "gradient"]


@dataclass
class QSLConfig(PeftConfig):
    """A quantum sublayer beside linear maps of a pretrained model.

    ``form="sublayer"``: y = W x + s · B r(U(θ) α), α = A x / ‖A x‖. A projects the hidden state to the 2ⁿ
    amplitudes of n qubits, U(θ) is a circuit of RY layers and CNOTs, r measures it, B projects up.
    ``form="factors"``: y = W x + s · U(θ_a)[:, :K] diag(λ) U(θ_b)[:, :K]ᵀ x, a linear map whose two factors
    are circuits.

    Parameters
    ----------
    target_modules : list[str] | str, optional
        Module names, a regular expression, or "all-linear". Default: the query, key and value maps
        whatever the architecture calls them, fused ones (`c_attn`, `query_key_value`, `qkv_proj`)
        included.
    exclude_modules : list[str] | str, optional
        Modules that are left out, by name or regular expression.
    layers_to_transform : list[int] | int, optional
        Indices of the layers that get sublayers, counted from 0.
    layers_pattern : list[str] | str, optional
        Name of the list of layers, where it is not one of the usual ones.
    modules_to_save : list[str], optional
        Modules that are trained and saved along, such as a new head.
    trainable_token_indices : list[int] | dict[str, list[int]], optional
        Rows of the embedding that are trained along.
    form : Form, default "sublayer"
        "sublayer" or "factors".
    n_qubits : int | None, default 6
        Qubits of the sublayer; with ``down="full"`` it may be left out (⌈log₂ d⌉). The factors' qubits
        follow from the map's size.
    n_layers : int, default 2
        The circuit's layers.
    entangler : str, default "ring"
        The CNOTs of a layer, see `LayeredAnsatz`.
    rz : bool, default False
        Put RZ after RY in every layer.
    closing_ry : bool, default False
        One more row of RY after the last entangler.
    down : Down, default "learned"
        A. "learned"; "random" (frozen, drawn from `init_seed`); "slice" (the first 2ⁿ features); "full"
        (all features, zero padded).
    share_down, share_up : bool, default False
        One A (one B) for the query, key and value maps of a block.
    readout : Readout, default "z"
        "z" (⟨Z⟩ of every qubit), "probs" (2ⁿ probabilities) or "amplitudes" (2ⁿ amplitudes; exists in
        simulation only).
    normalize : bool, default True
        Divide A x by its norm, as amplitude encoding on a device must. Only the amplitude readout can do
        without.
    keep_norm : bool, default False
        Multiply the readout by ‖A x‖ / √2ⁿ, so that the norm that encoding loses comes back.
    up : Up, default "learned"
        B. "learned" (starts at zero); "gain" (frozen random times one learned gain per readout value,
        starting at zero); "fixed" (frozen random, nothing classical is learned; the initial circuit's
        readout is subtracted so that training starts at the base model).
    rank : int, default 2
        The rank K of the factors.
    scaling : float, default 1.0
        The factor s of the sublayer's output.
    dropout : float, default 0.0
        dropout rate on the sublayer's input.
    circuit : Circuit, default "trained"
        "trained"; "frozen" (angles stay as drawn: a twin); "orthogonal" (a frozen random orthogonal
        matrix in its place: a twin); "stored" (in the place of fitted factors, the leading singular vectors
        of what they would be fitted to, kept in the adapter's file: classical).
    angle_std : float, optional
        Standard deviation of the initial angles in radians; default .5 for the sublayer and for fitted
        factors, and 1.5 for other factors.
    start : Start, default "random"
        Where the directions of the factors start. "random": as drawn. "fitted":
        `qualms.adapters.fit_directions` makes them before training, so that they point where the matrix W
        should move; training without it is refused.
    fit_to : Goal, default "update"
        Where W should move. "update": where a short training of the maps themselves moves it, a step of sign
        descent for each batch, which is then thrown away; "gradient": the loss's gradient ∂loss/∂W.
    fit_batches : int, default 16
        Batches of training data from which a study makes the goal: steps of that short training, or batches
        of which the gradient is the mean.
    update_rate : float, default 0.01
        Size of a step of the short training, as a share of the root mean square of a map's entries.
    fit_steps : int, default 300
        Steps of Adam that fit the angles. They work on small matrices and do not run the model.
    fit_rate : float, default 0.05
        Learning rate of these steps, in radians.
    bits : int, default 32
        Bits of an entry of stored directions: 32, 16 (bfloat16) or 1 (signs).
    gains : int, default 0
        Trained factors of a stored direction, one for each of so many blocks of its entries, on both sides,
        in λ's place; 0 trains λ.
    init_seed : int, default 0
        Seed of everything drawn at random in the adapter.
    backend : str, default "statevector"
        Where the circuits run: a name that `qualms.backends.get_backend` knows, such as "sampled".
    backend_options : dict[str, Any], optional
        Options of that backend, such as ``{"shots": 1000}``.
    base_probe : dict[str, list] | list[float], optional
        A few numbers of the base model's embedding, with their rows, written when the adapter is saved
        and compared when it is loaded in the rows that both vocabularies have. Set to an empty list to
        load an adapter on another base knowingly.

    Raises
    ------
    ConfigError
        For settings that do not go together; the message says which.

    Notes
    -----
    What names modules, layers and tokens is as in `LoraConfig`; but a name or a layer that the model does not
    have is an error. `n_layers`, `entangler`, `rz` and `closing_ry` are those of `LayeredAnsatz`.

    Numbers may be numpy's; they are kept as Python's. Arrays and tensors of one number are refused: give
    `value.item()`.

    References
    ----------
    Roh, Lee, Park, Kim, "A Quantum Algorithmic Framework for Fine-Tuning Large Language Models in the NISQ
    Era"; METHODS in docs/methods.md.
    """

    target_modules: list[str] | str | None = field(default=None)
    exclude_modules: list[str] | str | None = field(default=None)
    layers_to_transform: list[int] | int | None = field(default=None)
    layers_pattern: list[str] | str | None = field(default=None)
    modules_to_save: list[str] | None = field(default=None)
    trainable_token_indices: list[int] | dict[str, list[int]] | None = field(default=None)
    form: Form = field(default="sublayer")
    n_qubits: int | None = field(default=6)
    n_layers: int = field(default=2)
    entangler: str = field(default="ring")
    rz: bool = field(default=False)
    closing_ry: bool = field(default=False)
    down: Down = field(default="learned")
    share_down: bool = field(default=False)
    readout: Readout = field(default="z")
    normalize: bool = field(default=True)
    keep_norm: bool = field(default=False)
    up: Up = field(default="learned")
    share_up: bool = field(default=False)
    rank: int = field(default=2)
    scaling: float = field(default=1.0)
    dropout: float = field(default=0.0)
    circuit: Circuit = field(default="trained")
    angle_std: float | None = field(default=None)
    start: Start = field(default="random")
    fit_to: Goal = field(default="update")
    fit_batches: int = field(default=16)
    update_rate: float = field(default=0.01)
    fit_steps: int = field(default=300)
    fit_rate: float = field(default=0.05)
    bits: int = field(default=32)
    gains: int = field(default=0)
    init_seed: int = field(default=0)
    backend: str = field(default="statevector")
    backend_options: dict[str, Any] = field(default_factory=dict)
    base_probe: dict[str, list] | list[float] | None = field(default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = PEFT_TYPE
        for name in ("target_modules", "exclude_modules"):
            if isinstance(getattr(self, name), (list, tuple)):
                setattr(self, name, set(getattr(self, name)))  # PEFT compares sets
        if self.modules_to_save is not None:
            self.modules_to_save = (
                [self.modules_to_save]
                if isinstance(self.modules_to_save, str)
                else list(self.modules_to_save)
            )
        check(self)
        # a circuit that cannot be is refused here, not in the middle of a model
        self.ansatz(self.n_qubits or 1)

    def to_dict(self) -> dict[str, Any]:
        """The settings as they are saved: with the probe of the base the adapter is on."""
        seen = getattr(self, "_seen_probe", None)
        return {**super().to_dict(), **({"base_probe": seen} if seen else {})}

    def ansatz(self, n_qubits: int) -> LayeredAnsatz:
        """The circuit on `n_qubits` qubits."""
        return LayeredAnsatz(n_qubits, self.n_layers, self.entangler, self.rz, self.closing_ry)

    @property
    def std(self) -> float:
        """Standard deviation of the initial angles, radians."""
        if self.angle_std is not None:
            return self.angle_std
        return 1.5 if self.form == "factors" and self.start == "random" else 0.5

    def why_not_linear(self) -> str | None:
        """Why the adapter is not a linear map of its input; None if it is one."""
        if self.form == "factors":
            return None
        if self.readout != "amplitudes":
            what = "⟨Z⟩ expectations" if self.readout == "z" else "probabilities"
            return f"its readout is {what}, quadratic in the input"
        if self.normalize and not self.keep_norm:
            return "its input is normalised (keep_norm=True or normalize=False makes it linear)"
        return None

    @property
    def is_linear(self) -> bool:
        return self.why_not_linear() is None

    @property
    def compute(self) -> str:
        """The record's compute class: a linear adapter is quantum-inspired, an untrained or product one has
        no quantum part to speak of.
        """
        if self.circuit in ("orthogonal", "stored"):
            return "classical"
        return "quantum-inspired" if self.is_linear or self.entangler == "none" else "simulated quantum"

    @property
    def quadrant(self) -> Quadrant:
        """What a model with this adapter computes on, in simulation."""
        return Quadrant("classical", self.compute)

    # Presets ------------------------------------------------------------------------------------------------

    @classmethod
    def seed(cls, **changes: Any) -> QSLConfig:
        """The closest reading of the seed paper.

        A part of the hidden state, amplitude encoded on six qubits, two layers of RY and a CNOT ring, ⟨Z⟩,
        learned up-projection. Depth, observable, scaling and initialisation are not stated there; these are
        our choices.
        """
        return cls(
            **{"n_qubits": 6, "n_layers": 2, "down": "slice", "readout": "z", "up": "learned", **changes}
        )

    @classmethod
    def angles_only(cls, **changes: Any) -> QSLConfig:
        """Only rotation angles are trained; both projections are frozen and random."""
        defaults = {
            "n_qubits": 6,
            "n_layers": 4,
            "closing_ry": True,
            "down": "random",
            "readout": "z",
            "up": "fixed",
            "keep_norm": True,
        }
        return cls(**{**defaults, **changes})

    @classmethod
    def mergeable(cls, form: Form = "factors", **changes: Any) -> QSLConfig:
        """A linear form, which merges into the weights and exports to LoRA. Quantum-inspired: no quantum
        computer is needed to run it.

        ``form="factors"``: circuit factors of rank 2 with 8 layers. ``form="sublayer"``: amplitude readout
        without normalisation on four qubits.
        """
        defaults: dict[str, Any] = (
            {"form": "factors", "rank": 2, "n_layers": 8, "scaling": 4.0}
            if form == "factors"
            else {"n_qubits": 4, "n_layers": 2, "down": "random", "readout": "amplitudes", "normalize": False}
        )
        return cls(**{**defaults, **changes})

    @classmethod
    def recommended(cls, **changes: Any) -> QSLConfig:
        """What does best for its trained numbers and its file together: a classical form, which the search
        found to beat circuits.

        ΔW = 8 Σ_k (g_k ⊙ sign u_k)(h_k ⊙ sign v_k)ᵀ beside every linear map. u_k and v_k are the leading 8
        singular vectors of the update of a short training, see `qualms.adapters.fit_directions`. Their signs
        are stored, one bit an entry, and g_k and h_k are trained: 16 gains each, one for a sixteenth of the
        entries. No circuit takes part.
        """
        defaults = {"circuit": "stored", "rank": 8, "bits": 1, "gains": 16, "scaling": 8.0}
        return cls.fitted(**{**defaults, **changes})

    @classmethod
    def stored(cls, **changes: Any) -> QSLConfig:
        """What does best for its trained numbers alone, with a large file: classical as well.

        ΔW = 3 U diag(λ) Vᵀ beside every linear map. U and V are the leading 16 singular vectors of the update
        of a short training, stored with 16 bits an entry, and λ alone is trained.
        """
        defaults = {"circuit": "stored", "rank": 16, "bits": 16, "scaling": 3.0}
        return cls.fitted(**{**defaults, **changes})

    @classmethod
    def fitted(cls, **changes: Any) -> QSLConfig:
        """Circuit factors beside every linear map, fitted before training.

        ΔW = 10 U(θ_a)[:, :8] diag(λ) U(θ_b)[:, :8]ᵀ with 8 layers; the angles start where a short training
        moves W, see `qualms.adapters.fit_directions`, and λ at zero. The factor 10 gives λ larger steps than
        angles. Quantum-inspired: no quantum computer is needed.
        """
        defaults: dict[str, Any] = {
            "form": "factors",
            "target_modules": "all-linear",
            "rank": 8,
            "n_layers": 8,
            "start": "fitted",
            "scaling": 10.0,
        }
        return cls(**{**defaults, **changes})


PRESETS = {
    "seed": QSLConfig.seed,
    "angles-only": QSLConfig.angles_only,
    "mergeable": QSLConfig.mergeable,
    "fitted": QSLConfig.fitted,
    "stored": QSLConfig.stored,
    "recommended": QSLConfig.recommended,
}
