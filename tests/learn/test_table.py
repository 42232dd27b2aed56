"""Tables to learn from: what is read, what is told, and what is refused with its place."""

import gzip

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.learn.table import read_learning_table

HEAD = "age;colour;same;y\n"
ROWS = "1,5;red;7;yes\n2,5;blue;7;no\n-0,5;red;7;yes\n"


def written(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_numbers_words_and_constants(tmp_path):
    table = read_learning_table(written(tmp_path, HEAD + ROWS), "y")
    assert table.features == ["age", "colour=red"]
    np.testing.assert_array_equal(table.X, [[1.5, 1], [2.5, 0], [-0.5, 1]])
    assert table.y.tolist() == ["yes", "no", "yes"]
    assert table.task == "classification"
    told = " ".join(table.notes)
    assert "decimal mark" in told
    assert "'colour' has 2 different words" in told
    assert "left out: same" in told


def test_only_some_rows(tmp_path):
    path = written(tmp_path, "a,part,y\n1,old,0\n2,new,1\n3,new,0\n")
    for where in ("part=new", "part != old"):
        table = read_learning_table(path, "y", where=where)
        assert table.features == ["a"]  # the column of the condition is none
        np.testing.assert_array_equal(table.X[:, 0], [2, 3])
        assert "1 rows whose part is" in " ".join(table.notes)
    with pytest.raises(ConfigError, match="leaves no row"):
        read_learning_table(path, "y", where="part=lost")


def test_a_column_that_tells_the_target_is_noted(tmp_path):
    rows = "".join(f"{k},{k % 2},{'no' if k % 2 else 'yes'}\n" for k in range(40))
    table = read_learning_table(written(tmp_path, "a,b,y\n" + rows), "y")
    assert "'b' tells the target by itself" in " ".join(table.notes)
    assert "'a' tells" not in " ".join(table.notes)


def test_a_packed_file_reads_as_the_plain_one(tmp_path):
    plain = written(tmp_path, HEAD + ROWS)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_learning_table(plain, "y").data_hash == read_learning_table(packed, "y").data_hash


def test_arrays(tmp_path):
    X, y = np.arange(6.0).reshape(3, 2), np.array([0, 1, 0])
    np.savez(tmp_path / "a.npz", X=X, y=y)
    table = read_learning_table(tmp_path / "a.npz")
    np.testing.assert_array_equal(table.X, X)
    assert table.y.tolist() == ["0", "1", "0"]
    np.savez(tmp_path / "b.npz", X=np.array([{}], dtype=object), y=y)
    with pytest.raises(DataError, match="not an"):  # a pickle is not loaded
        read_learning_table(tmp_path / "b.npz")


def test_missing_values_are_told_or_left_for_an_imputer(tmp_path):
    path = written(tmp_path, "a,b,y\n1,2,0\n3,,1\n4,5,0\n")
    with pytest.raises(DataError, match=r"t\.csv:3: the column 'b' is empty.*--missing impute"):
        read_learning_table(path, "y")
    assert np.isnan(read_learning_table(path, "y", missing="impute").X[1, 1])


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("a,y\n1,0\n2,0\n", {}, "every row has the class '0'"),
        ("a,y\n1,0\n2,1\n", {"target": "z"}, "'z' is not in the header"),
        ("a,y\n1,0\n2,1\n", {"target": None}, "--target"),
        ("a,y\n1,0\n1,1\n", {}, "no column says anything"),
        ("a,y\n1,0\nx,1\n3,1\n", {}, "csv:3: 'x' in the column 'a' is not a number"),
        ("a,y\n1,0\n2,\n", {}, "csv:3: the target 'y' is empty"),
        ("a,y\n1,u\n2,v\n", {"task": "regression"}, "'u', which is no number"),
        ("a,y\n1,3\n2,3\n", {"task": "regression"}, "is 3 in every row"),
        ("a,y\n1,0\n2,1\n", {"task": "guess"}, "choose classification or regression"),
        ("a,b,y\n" + "".join(f"1,w{k},{k % 2}\n" for k in range(60)), {}, "60 different words"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, text, options, told):
    path = written(tmp_path, text)
    with pytest.raises((DataError, ConfigError), match=told) as error:
        read_learning_table(path, **{"target": "y", **options})
    assert "\n" not in str(error.value)


def test_a_quantity_is_a_regression(tmp_path):
    rows = "".join(f"{k},{k / 7}\n" for k in range(30))
    table = read_learning_table(written(tmp_path, "a,y\n" + rows), "y")
    assert table.task == "regression"
    assert table.y.dtype == np.float64
