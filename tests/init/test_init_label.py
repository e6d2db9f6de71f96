"""What kind of label is seen in a column, and what follows for training and replies."""

from __future__ import annotations

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError, DataError
from pipeline.training.hyperparameters import validate


def rows(labels, count=240):
    return "\n".join(["a,b,y", *(f"{at % 7}.5,{'uvw'[at % 3]},{labels[at % len(labels)]}" for at in range(count))])


@pytest.mark.parametrize(
    ("labels", "expected", "objective", "num_class"),
    [
        ([f"{at}.5" for at in range(30)], ("double", None), "reg:squarederror", None),
        ([str(at) for at in range(1, 40)], ("int", None), "reg:squarederror", None),
        ([str(at) for at in range(21)], ("int", None), "reg:squarederror", None),
        (["0", "1"], ("int", None), "binary:logistic", None),
        (["0.0", "1.0", "1"], ("double", None), "binary:logistic", None),
        (["true", "False", "TRUE"], ("boolean", ("false", "true")), "binary:logistic", None),
        (["yes", "no"], ("string", ("no", "yes")), "binary:logistic", None),
        (["1", "2"], ("string", ("1", "2")), "binary:logistic", None),
        (["10", "9"], ("string", ("9", "10")), "binary:logistic", None),
        (["1", "-1"], ("string", ("-1", "1")), "binary:logistic", None),
        (["0.5", "1.5"], ("string", ("0.5", "1.5")), "binary:logistic", None),
        (["c", "a", "b"], ("string", ("a", "b", "c")), "multi:softprob", 3),
        (["01", "02", "10"], ("string", ("01", "02", "10")), "multi:softprob", 3),
        (["0", "1", "2"], ("int", None), "multi:softprob", 3),
        ([str(at) for at in range(20)], ("int", None), "multi:softprob", 20),
        (["3", "4", "5"], ("int", None), "reg:squarederror", None),
        (["1", "1.0", "2"], ("double", None), "reg:squarederror", None),
        (["0.0", "1.0", "2.0"], ("double", None), "reg:squarederror", None),
    ],
)
def test_label_and_objective(draw, labels, expected, objective, num_class):
    result = draw(rows(labels))
    label = result.schema.label
    assert (label.name, label.nullable) == ("y", False)
    assert (label.type, label.classes) == expected
    config = load_config(result.config_path)
    checked = validate(config.training.hyperparameters)
    assert (checked.objective, checked.num_class) == (objective, num_class)
    assert checked.notices == ()
    assert config.inference.output == (("predicted_label", "probability") if label.classes else ())


def test_a_thousand_classes_are_classes(draw):
    result = draw(rows([f"class{at:04d}" for at in range(1000)], 10_000))
    assert len(result.schema.label.classes) == 1000
    hyperparameters = load_config(result.config_path).training.hyperparameters
    assert (hyperparameters["num_class"], hyperparameters["num_round"]) == (1000, 30)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "a", ""], r"^row 3, column 'y': the label is missing"),
        (["1.5", "2.5", "NaN"], r"^row 3, column 'y': found 'NaN', as in 80 of 240 rows"),
        (["1.5", "inf", "2"], r"^row 2, column 'y': found 'inf'"),
        (["1.5", "2.5", "NA"], r"^row 3, column 'y': found 'NA'"),
        (["1", "2", '""'], r"^row 3, column 'y': found ''"),
        (["7"], "same in every row"),
        (["1", "1.0", "+1"], "same in every row"),
        (["true", "TRUE", "1"], "same in every row"),
        (["2024-01-01", "2024-01-02"], "the label holds dates"),
        (
            [f"{at} %" for at in range(240)],
            "in every row\n  hint: the contract reads numbers like 1234",
        ),
        ([f"name {at}" for at in range(240)], "text that differs in every row"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(draw, tmp_path, labels, message):
    with pytest.raises(DataError, match=message) as caught:
        draw(rows(labels))
    assert caught.value.column == "y"
    assert caught.value.hint
    assert not (tmp_path / "drawn").exists()


def test_more_than_a_thousand_classes_are_refused(draw):
    with pytest.raises(DataError, match="more than 1,000 different values"):
        draw(rows([f"class{at}" for at in range(1001)], 2002))


def test_few_numbers_are_predicted_as_one_and_classes_are_explained(draw):
    (note,) = draw(rows(["3", "5", "10"])).notes
    assert note == (
        "column 'y': 3 whole numbers are predicted as a number; to predict classes, write in schema.json "
        '"type": "string", "classes": ["3", "5", "10"], and in pipeline.yml objective: multi:softprob, num_class: 3'
    )


def test_numbers_that_are_taken_for_classes_are_pointed_out(draw):
    (note,) = draw(rows(["0", "1", "2"])).notes
    assert "3 whole numbers from 0 up are taken for classes" in note


def test_doubtful_classes_are_pointed_out(draw):
    assert "column 'y': the class '?' of 80 rows looks like a missing value" in draw(rows(["a", "b", "?"])).notes
    rare = rows(["a"] * 60 + ["b"] * 59 + ["c"])
    assert draw(rare, force=True).notes == [
        "column 'y': 1 of 3 classes have fewer than 10 rows, such as 'c': little can be learned of them"
    ]


def test_a_class_among_numbers_that_is_no_stand_in_is_a_class(draw):
    assert draw(rows(["1", "2", "3a"])).schema.label.classes == ("1", "2", "3a")


@pytest.mark.parametrize(("label", "name"), [("b", "b"), ("0", "a"), ("-1", "y"), ("2", "y"), ("-3", "a")])
def test_the_label_is_a_name_or_a_place(draw, label, name):
    content = "\n".join(["a,b,y", *(f"{at}.5,{at % 2},{at}.25" for at in range(200))])
    assert draw(content, label=label).schema.label.name == name


def test_a_name_goes_before_a_place(draw):
    content = "\n".join(["a,0,y", *(f"{at}.5,{at % 2},{at}.25" for at in range(200))])
    assert draw(content, label="0", header=True).schema.label.name == "0"


@pytest.mark.parametrize(("label", "name"), [("c2", "c2"), ("2", "c2"), ("-2", "c1")])
def test_headerless_columns_have_names_of_their_own(draw, label, name):
    content = "\n".join(f"{at}.5,{at % 2},{at % 5}.25" for at in range(200))
    assert draw(content, label=label).schema.label.name == name


@pytest.mark.parametrize(
    ("label", "hint"), [("Y", "did you mean 'y'?"), ("amuont", "did you mean 'amount'?"), ("3", None), ("-4", None)]
)
def test_a_label_that_is_no_column_is_refused(draw, label, hint):
    with pytest.raises(ConfigError, match="there are 'amount', 'b', 'y'") as caught:
        draw("amount,b,y\n1,2,3\n4,5,6\n", label=label)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("header", "hint"),
    [("a,Target,b", "--label Target"), ("y,a,b", "--label y"), ("a,class,z", "--label class"), ("a,b,z", "--label z")],
)
def test_without_a_label_one_is_proposed(draw, header, hint):
    with pytest.raises(ConfigError, match="which column is to be predicted") as caught:
        draw(f"{header}\n1,2,3\n4,5,6\n", label=None)
    assert caught.value.hint == hint
