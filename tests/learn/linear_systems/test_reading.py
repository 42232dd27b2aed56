import json

import numpy as np
import pytest

from qualms.backends import get_backend
from qualms.backends.noise import NoiseModel
from qualms.errors import ConfigError
from qualms.learn.linear_systems import hhl, read_hhl
from qualms.records import twins_of
from tests.learn.linear_systems.systems import system


@pytest.mark.parametrize("general", [False, True])
def test_many_shots_read_the_models_magnitudes(general):
    A, b = system(1, 3, 3.0, general=general)
    model, read = hhl(A, b), read_hhl(A, b, "statevector", 400_000, seed=1)
    np.testing.assert_allclose(read.magnitudes, np.abs(model.solution), atol=0.02 * np.linalg.norm(b))
    assert read.kept / read.shots == pytest.approx(model.success_probability, abs=0.01)
    assert read.usage.shots == read.shots
    assert json.dumps(read.to_dict())
    assert len(twins_of(read)) == 1


def test_the_error_of_reading_is_the_predicted_one():
    A, b = np.diag([1.0, 0.5, 0.25, 0.25]), np.ones(4)  # on the clock's grid: no other error
    told = hhl(A, b, 5, read_error=0.05).resources
    errors = [read_hhl(A, b, "statevector", round(told.runs_to_read), s, 5).relative_error for s in range(60)]
    # the norm is read too, which adds the variance of the share of runs that count
    extra = (1 - told.success_probability) / (4 * told.runs_to_read * told.success_probability)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.sqrt(0.05**2 + extra), rel=0.2)


def test_noise_spoils_the_solution():
    A, b = system(2, 2, 2.0)
    noisy = get_backend("density_matrix", noise=NoiseModel.uniform({"depolarizing": 0.01, "readout": 0.0}))
    clean, spoiled = (read_hhl(A, b, place, 100_000, seed=2) for place in ("statevector", noisy))
    assert spoiled.relative_error > 2 * clean.relative_error
    assert spoiled.quadrant.compute == "simulated quantum"


def test_no_run_counted_and_bad_settings():
    A, b = system(3, 4, 8.0)
    with pytest.raises(ConfigError, match="shots=0"):
        read_hhl(A, b, "statevector", 0)
    with pytest.raises(ConfigError, match="unknown backend"):
        read_hhl(A, b, "abacus", 10)
    few = read_hhl(np.diag([1.0, 0.02]), [1.0, 0.0], "statevector", 5, clock_qubits=8)
    assert few.kept == 0
    assert few.relative_error == 1
