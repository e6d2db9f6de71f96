"""Scoring on Spark: the predictions of one machine, all of them or none, and errors that name file and row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from score_cases import OUTPUTS, lines_of, made_rows, one_machine, run, sorted_rows, write, write_model

from pipeline.errors import ConfigError, DataError, ModelError, PipelineError, RequirementError
from spark_jobs import batch_score, failing, program, requiring

pytestmark = [
    pytest.mark.spark,
    # PySpark 3.5's own.
    pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("models")
    made = {kind: write_model(folder, kind) for kind in OUTPUTS}
    return lambda kind: made[kind]


@pytest.fixture(autouse=True)
def small_partitions(spark: Any) -> Iterator[None]:
    """Many partitions of few rows, in batches of fewer, so that every border is met."""
    chosen = {
        "spark.sql.files.maxPartitionBytes": "8000",
        "spark.sql.files.openCostInBytes": "500",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "37",
    }
    for name, value in chosen.items():
        spark.conf.set(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_score, "_ROWS", chosen.pop("spark.sql.execution.arrow.maxRecordsPerBatch"))
        yield
    for name in chosen:
        spark.conf.unset(name)
    spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")


@pytest.mark.parametrize(
    "case",
    [
        "regression csv csv",
        "multi csv parquet",
        "multi jsonl jsonl",
        "binary jsonl parquet",
        "binary parquet csv",
        "regression parquet parquet",
    ],
)
def test_the_predictions_are_those_of_one_machine_to_the_last_bit(
    spark: Any, model: Callable[[str], Path], tmp_path: Path, case: str
) -> None:
    kind, form, output = case.split()
    rows = made_rows(400)
    for part in range(3):
        # The second of the files is empty.
        write(tmp_path / "rows" / f"{part}.{form}", rows[:150] if part == 0 else rows[150:] if part == 2 else [])
    made = tmp_path / "made"
    formats = ("--input-format", form, "--output-format", output)
    assert run(spark, model(kind), tmp_path / "rows", made, "--columns", "id,word,features", *formats) == 400
    columns = ("id", "word", "features", *(OUTPUTS[kind].get("output") or ("score",)))
    expected = one_machine(model(kind), tmp_path / "rows", tmp_path / f"one.{output}", columns)
    assert (made / "_SUCCESS").exists()
    if output == "parquet":
        assert sorted_rows(made) == sorted_rows(expected)
    else:
        assert sorted(lines_of(made)) == sorted(expected.read_bytes().splitlines())


def test_the_answer_alone_is_in_the_order_of_the_file(spark: Any, model: Callable[[str], Path], tmp_path: Path) -> None:
    source = write(tmp_path / "rows.csv", made_rows(100))
    uris = [path.as_uri() for path in (model("multi"), source, tmp_path / "made")]
    assert run(spark, *uris, "--output-format", "csv") == 100
    expected = one_machine(model("multi"), source, tmp_path / "one.csv", ())
    assert lines_of(tmp_path / "made") == expected.read_bytes().splitlines()


def test_every_file_has_its_header(spark: Any, model: Callable[[str], Path], tmp_path: Path) -> None:
    rows = made_rows(300)
    for part in range(3):
        path = write(tmp_path / "rows" / f"{part}.csv", rows[part::3], header=True)
        path.write_text("\n\r\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    options = ("--header", "--columns", "id", "--output-format", "csv")
    assert run(spark, model("regression"), tmp_path / "rows", tmp_path / "made", *options) == 300
    one = one_machine(model("regression"), tmp_path / "rows", tmp_path / "one.csv", ("id", "score"), header=True)
    assert sorted(lines_of(tmp_path / "made")) == sorted(one.read_bytes().splitlines())

    content = (tmp_path / "rows" / "1.csv").read_text(encoding="utf-8")
    (tmp_path / "rows" / "1.csv").write_text(content.replace("id,word,x,y", "y,word,x,id"), encoding="utf-8")
    # Which file is the first is Spark's to say.
    with pytest.raises(DataError, match=r"^\d\.csv: the header is '.*'; expected the first file's"):
        run(spark, model("regression"), tmp_path / "rows", tmp_path / "other", "--header")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"1,red,abc,2,3\n", "column 'x': found 'abc'; expected a number"),
        (b"red,1.5,3\n", "3 values"),
        (b'1,"red\nblue",1.5,2,3\n', "a quote is left open; expected a row on one line"),
        (b"1,\xff,1.5,2,3\n", "byte 0xff is not UTF-8"),
        (b'{"id": 1, "word": "red", "x": 1, "n": 2.5}\n', "column 'n': found 2.5"),
    ],
)
def test_a_bad_row_fails_the_job_by_file_and_row(
    spark: Any, model: Callable[[str], Path], tmp_path: Path, bad: bytes, problem: str
) -> None:
    form = "jsonl" if bad.startswith(b"{") else "csv"
    write(tmp_path / "rows" / f"a.{form}", made_rows(60))
    path = write(tmp_path / "rows" / f"b.{form}", made_rows(300))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:217], bad, *lines[217:]]))
    with pytest.raises(DataError, match=rf"^b\.{form}, row 218[,:] .*({problem})"):
        run(spark, model("regression"), tmp_path / "rows", tmp_path / "made", "--input-format", form)
    assert not (tmp_path / "made").exists()


def test_a_bad_value_of_parquet_is_named_by_file_and_row(
    spark: Any, model: Callable[[str], Path], tmp_path: Path
) -> None:
    rows = made_rows(120)
    rows[90]["x"] = 1e39
    source = write(tmp_path / "rows.parquet", rows)
    with pytest.raises(DataError, match=r"^rows\.parquet, row 91, column 'f1': the feature is 1e\+39"):
        run(spark, model("regression"), source, tmp_path / "made", "--input-format", "parquet")
    assert not (tmp_path / "made").exists()
    frame = spark.read.parquet(str(source)).drop("n")
    frame.write.parquet(str(tmp_path / "narrow"))
    with pytest.raises(DataError, match="column 'n' is missing"):
        run(spark, model("regression"), tmp_path / "narrow", tmp_path / "made", "--input-format", "parquet")


def test_what_cannot_be_done_is_refused_before_anything_is_written(
    spark: Any, model: Callable[[str], Path], tmp_path: Path
) -> None:
    source = write(tmp_path / "rows.csv", made_rows(10))
    there = tmp_path / "there"
    there.mkdir()
    (there / "kept").touch()
    made = tmp_path / "made"
    with pytest.raises(ConfigError, match="there is there already"):
        run(spark, model("regression"), source, there)
    assert [path.name for path in there.iterdir()] == ["kept"]
    with pytest.raises(ConfigError, match="'colour'"):
        run(spark, model("regression"), source, made, "--columns", "id,colour")
    for missing in (tmp_path / "none.tar.gz", (tmp_path / "none.tar.gz").as_uri()):
        with pytest.raises(ModelError, match=r"none\.tar\.gz is not there"):
            run(spark, missing, source, made)
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        run(spark, model("regression"), tmp_path / "none.csv", made)
    for form in ("csv", "parquet"):
        empty = write(tmp_path / f"empty.{form}", [])
        with pytest.raises(DataError, match="there is no row in it"):
            run(spark, model("regression"), empty, made, "--input-format", form)
    assert not made.exists()


def test_what_the_python_lacks_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], spark: Any
) -> None:
    with pytest.raises(RequirementError, match="this Python lacks no_such_package"):
        requiring.require(("numpy", "no_such_package"))
    monkeypatch.setattr(requiring, "PYTHON", (99, 1))
    assert batch_score.main(["--model", "m", "--input", "i", "--output", "o"]) == 1
    assert "error: Python 99.1 or newer is needed, this is 3." in capsys.readouterr().err

    def importing(batches: Any) -> Any:
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401

        yield from batches

    with pytest.raises(RequirementError, match="the executors' Python lacks no_such_package"), failing.heard():
        spark.range(3).mapInArrow(importing, "id long").collect()


def test_what_glue_adds_is_no_error_and_a_mistyped_option_is(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--model", "m", "--input", "i", "--output", "o"]
    glue = ["--job-bookmark-option", "job-bookmark-disable", "--JOB_ID", "j", "--JOB_RUN_ID", "jr", "--JOB_NAME", "n"]
    options = program.parse(batch_score.parser(), [*glue, *given])
    assert (options.model, options.input, options.output) == ("m", "i", "o")
    with pytest.raises(SystemExit):
        program.parse(batch_score.parser(), [*given, "--column", "id"])
    assert "unrecognized arguments: --column id" in capsys.readouterr().err


def test_any_error_of_an_executor_is_told_in_its_own_words(spark: Any) -> None:
    def failed(kind: type[Exception]) -> Callable[[Any], Any]:
        def run_there(batches: Any) -> Any:
            with failing.told(0):
                raise kind("the \"model\" is {broken}\nin 'two' lines")
            yield from batches

        return run_there

    with pytest.raises(ModelError) as model_error, failing.heard():
        spark.range(3).mapInArrow(failed(ModelError), "id long").collect()
    assert model_error.value.message == "the \"model\" is {broken}\nin 'two' lines"
    with pytest.raises(PipelineError, match='ValueError: the "model" is'), failing.heard():
        spark.range(3).mapInArrow(failed(ValueError), "id long").collect()
