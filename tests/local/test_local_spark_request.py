"""What a request asks of the Spark image, read as the image reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_cases import Service

from pipeline.local.jobs.container_paths import local_path, localize
from pipeline.local.jobs.job import JobFailure
from pipeline.local.jobs.processes import ProcessFailure
from pipeline.local.jobs.s3_arguments import S3Arguments
from pipeline.local.jobs.spark_failure import spark_failure
from pipeline.local.jobs.spark_options import Submission, expand_lists, read_configuration, read_submission
from pipeline.local.objects import Objects

JOB = Path("/data/job")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/opt/ml/processing/input", "/data/job/opt/ml/processing/input"),
        ("--input=/opt/ml/processing/input", "--input=/data/job/opt/ml/processing/input"),
        ("/opt/ml/a,/opt/ml/b", "/data/job/opt/ml/a,/data/job/opt/ml/b"),
        ("file:///opt/ml/a", "file:///data/job/opt/ml/a"),
        ("/opt/ml", "/data/job/opt/ml"),
        ('{"path": "/opt/ml/a"}', '{"path": "/data/job/opt/ml/a"}'),
        ("/opt/mlflow/x", "/opt/mlflow/x"),
        ("/srv/opt/ml/x", "/srv/opt/ml/x"),
        ("opt/ml", "opt/ml"),
    ],
)
def test_the_containers_paths_are_the_jobs(text: str, expected: str) -> None:
    assert localize(JOB, text) == expected


@given(st.text())
def test_text_without_the_containers_folder_stays(text: str) -> None:
    assert localize(JOB, text.replace("/opt/ml", "")) == text.replace("/opt/ml", "")


@pytest.mark.parametrize("path", ["/etc/passwd", "relative", "/opt/ml/../../etc", "/opt"])
def test_paths_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(JobFailure, match="is not below /opt/ml"):
        local_path(JOB, path)


def read(*words: str, **more: list[str]) -> Submission:
    return read_submission({"ContainerEntrypoint": ["smspark-submit", *words], **more}, str)


def test_options_program_and_arguments_are_told_apart() -> None:
    read_ = read(
        "--py-files", "/a", "--class=X", "-v", "--local-spark-event-logs-dir", "/logs", "/code/x.py", "--files", "b",
        ContainerArguments=["-v", "c"],
    )  # fmt: skip
    assert read_ == Submission(
        program="/code/x.py",
        arguments=["--files", "b", "-v", "c"],
        options={"--py-files": "/a", "--class": "X"},
        verbose=True,
        event_logs_folder="/logs",
    )


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--conf", "a=b", "x.py"], "has no option --conf"),
        (["--jars"], "--jars has no value"),
        ([], "no program"),
        (["-v"], "no program"),
    ],
)
def test_what_the_image_refuses_is_refused(words: list[str], problem: str) -> None:
    with pytest.raises(JobFailure, match=problem):
        read(*words)


def test_other_programs_are_not_run() -> None:
    with pytest.raises(JobFailure, match="/bin/sh is not run here"):
        read_submission({"ContainerEntrypoint": ["/bin/sh", "-c", "true"]}, str)


def test_folders_of_files_are_spelt_out(tmp_path: Path) -> None:
    for name in ("b.zip", "a.py"):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    listed = f"{tmp_path}/a.py,{tmp_path}/b.zip"
    assert expand_lists({"--py-files": f"{tmp_path},file://{tmp_path}/a.py", "--class": "x"}) == {
        "--py-files": f"{listed},{tmp_path}/a.py",
        "--class": "x",
    }
    for missing in ("empty", "none.zip"):
        with pytest.raises(JobFailure, match=f"--jars: there is no file at .*{missing}"):
            expand_lists({"--jars": f"{tmp_path}/{missing}"})


def test_configuration_is_settings_variables_and_what_has_no_meaning_here(tmp_path: Path) -> None:
    file = tmp_path / "configuration.json"
    assert read_configuration(file, str.lower).settings == {}
    exports = [{"Classification": "export", "Properties": {"A": "b", "PYSPARK_PYTHON": "/usr/bin/python3"}}]
    document = [
        {"Classification": "spark-defaults", "Properties": {"spark.x": "ONE", "spark.driver.memory": "64g"}},
        {"Classification": "core-site", "Properties": {"fs.y": "z"}},
        {"Classification": "spark-env", "Properties": {}, "Configurations": exports},
        {"Classification": "hive-site", "Properties": {}},
    ]
    file.write_text(json.dumps(document))
    found = read_configuration(file, str.lower)
    assert found.settings == {"spark.x": "one", "spark.hadoop.fs.y": "z"}
    assert found.environment == {"A": "b"}
    assert found.ignored == ["spark.driver.memory", "PYSPARK_PYTHON", "hive-site"]
    file.write_text(json.dumps(document[0]))
    assert read_configuration(file, str.lower).settings == {"spark.x": "one"}
    for broken in ("{", "[1]", "[{}]", '{"Classification": "spark-defaults", "Properties": 3}'):
        file.write_text(broken)
        with pytest.raises(JobFailure, match="cannot be read"):
            read_configuration(file, str.lower)


def test_uris_among_arguments_are_folders_whose_changes_go_back(service: Service, tmp_path: Path) -> None:
    s3 = service.client("s3")
    s3.create_bucket(Bucket="arguments")
    for key in ("in/a", "in/b", "in2/c", "one.csv", "one.csv.old", "part-1.gz", "part-2.gz"):
        s3.put_object(Bucket="arguments", Key=key, Body=key.encode())
    uris = S3Arguments(tmp_path / "s3", Objects(s3))
    base = tmp_path / "s3" / "arguments"
    text = "--in=s3a://arguments/in/,s3n://arguments/one.csv"
    assert uris.localize(text) == f"--in={base}/in/,{base}/one.csv"
    assert uris.localize("s3://arguments/part-*.gz s3://arguments/out") == f"{base}/part-*.gz {base}/out"
    uris.download()
    found = {path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()}
    assert found == {"in/a", "in/b", "one.csv", "part-1.gz", "part-2.gz"}
    (base / "in" / "a").unlink()
    (base / "in" / "b").write_text("changed")
    (base / "out").mkdir()
    for name in ("x", ".x.crc", ".y.crc"):
        (base / "out" / name).write_text(name)
    assert uris.new() == ["s3://arguments/out/.y.crc", "s3://arguments/out/x"]
    uris.upload()
    kept = Objects(s3).keys("s3://arguments/")
    assert kept == [
        f"s3://arguments/{key}"
        for key in ("in/b", "in2/c", "one.csv", "one.csv.old", "out/.y.crc", "out/x", "part-1.gz", "part-2.gz")
    ]
    assert Objects(s3).read("s3://arguments/in/b") == b"changed"
    with pytest.raises(JobFailure, match="cannot be a path"):
        uris.localize("s3://arguments/../x")


@pytest.mark.parametrize(
    ("lines", "reason", "hint"),
    [
        (["Traceback", "ValueError: no", "26/1/1 INFO ended"], "ValueError: no", None),
        (["error: row 3", "  hint: mend it", "INFO"], "row 3; hint: mend it", None),
        (["x: java.lang.OutOfMemoryError: Java heap"], "the JVM ran out of memory", "SPARK_DRIVER_MEMORY"),
        (['y.UnsupportedFileSystemException: No FileSystem for scheme "s3a"'], "No FileSystem", "arguments"),
        (["FileNotFoundError: '/opt/ml/processing/input'"], "FileNotFoundError", "not inside it"),
        (["just", "lines"], "just\nlines", None),
        ([], "it said nothing", None),
    ],
)
def test_a_failure_is_told_in_the_programs_own_words(lines: list[str], reason: str, hint: str | None) -> None:
    told = spark_failure(ProcessFailure("it", 1, lines))
    assert told.message.startswith("AlgorithmError: exit code 1: ")
    assert reason in told.message
    assert hint is None if told.hint is None else hint is not None and hint in told.hint
    assert len(spark_failure(ProcessFailure("it", 1, ["x" * 5000])).message) == 1024
