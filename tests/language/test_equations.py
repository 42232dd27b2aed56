"""Systems of linear equations in plain words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question
from qualms.orchestrator.ask import ask
from qualms.specification.other_jobs import LinearSystem

NAMES = ("x", "y", "z1", "b_2")


@st.composite
def systems(draw: st.DrawFn) -> tuple[str, np.ndarray, np.ndarray]:
    """A text with the system that it states; every unknown is in the first equation."""
    size = draw(st.integers(1, 4))
    numbers = st.integers(-40, 40)
    matrix = np.array(
        draw(st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=size, max_size=size))
    )
    matrix[0] = np.where(matrix[0] == 0, 7, matrix[0])
    matrix[:, 0] = np.where(matrix[:, 0] == 0, 3, matrix[:, 0])
    right = np.array(draw(st.lists(numbers, min_size=size, max_size=size)))
    times, joint = (
        draw(st.sampled_from(["", " ", "*", " * "])),
        draw(st.sampled_from([", ", "; ", "\n", " and "])),
    )
    parts = [
        " ".join(f"{'-' if a < 0 else '+'} {abs(a)}{times}{n}" for a, n in zip(row, NAMES, strict=False))
        + f" = {b}"
        for row, b in zip(matrix, right, strict=True)
    ]
    lead = draw(st.sampled_from(["Solve ", "Solve the linear system: ", "다음 연립방정식을 풀어라\n"]))
    return lead + joint.join(parts) + draw(st.sampled_from(["", "."])), matrix, right


@given(systems())
@settings(max_examples=60, deadline=None)
def test_a_system_is_read_as_it_is_written(case: tuple[str, np.ndarray, np.ndarray]) -> None:
    text, matrix, right = case
    found = read_text(text)
    assert isinstance(found, Accepted), (text, found)
    system = found.model
    assert isinstance(system, LinearSystem)
    assert system.unknowns == NAMES[: len(right)]
    np.testing.assert_array_equal(np.array(system.matrix, float), matrix)
    np.testing.assert_array_equal(np.array(system.right, float), right)


def test_fractions_are_exact_and_both_sides_count() -> None:
    found = read_text("Solve 1/3 x + 0.5 y = 4 - x, 2 = x/2 - y. Find x and y.")
    assert isinstance(found, Accepted)
    assert found.model.matrix == ((4, 1.5), (-0.5, 1))
    assert found.model.right == (12, -2)
    assert found.model.sentences() == [
        "Solve a system of 2 linear equations: 4 x + 1.5 y = 12; -0.5 x + y = -2."
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Solve x^2 = 4", "without brackets, powers"),
        ("Solve x*y = 3, x = 1", "without brackets, powers"),
        ("Solve 2(x + y) = 5, y = 1", "without brackets, powers"),
        ("Solve 2x + y = 5", "There is 1 equation for 2 unknowns"),
        ("Solve x = 1, x = 2", "There are 2 equations for 1 unknown "),
        ("Solve x + y = 3 = z, y = 1, z = 2", "Which of the sides"),
        ("Solve 2 = 2, x = 1", "has no unknown"),
        ("Solve x/0 = 2", "I cannot read"),
        ("Solve x + y = 3, x - y = 1, both positive", "both positive"),
        ("Solve 2 3 x = 4", "I cannot read"),
    ],
)
def test_what_is_no_such_system_is_asked_about(text: str, told: str) -> None:
    found = read_text(text)
    assert isinstance(found, Question)
    assert told in found.questions[0]


def test_a_system_in_words_is_solved() -> None:
    answer = ask("Solve 2x + y = 5 and x - y = 1.")
    assert answer.answer["solution"] == pytest.approx({"x": 2.0, "y": 1.0})
