"""The command line: help, usage, errors, interrupts and broken pipes, as a shell meets them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from importlib.metadata import entry_points
from pathlib import Path

import model_cases
import pytest
from command_line import USAGE, command, environment, failure, run
from tests_paths import ROOT

import pipeline
from pipeline.bundle.pack import write_files

COMMANDS = (["run"], ["serve"], ["score"], ["init"], ["bundle"], ["bundle", "show"])
# What typer itself imports, rich and pydantic, is not for this project to choose.
HEAVY = {"xgboost", "pyspark", "pandas", "matplotlib", "sklearn", "scipy", "jinja2", "jpype", "boto3", "yaml"}
READERS = {"numpy", "pyarrow", "uvicorn", "orjson"}
TELL = "import atexit; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))"


def _words(value: object) -> str:
    """A test's id: the arguments, shortened."""
    return " ".join(value)[:60] if isinstance(value, list) else ""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(model_cases.bundle_files(), tmp_path_factory.mktemp("cli") / "bundle.tar.gz")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with rows, rows that do not fit, a pipeline file with a mistake and an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("M,1.0,2\nM,2.0,3\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("M,1.0,2\nM,one,3\n", encoding="utf-8")
    (tmp_path / "typo.yml").write_text("name: a\ndota: {}\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_the_installed_program_is_this_one() -> None:
    (program,) = entry_points(group="console_scripts", name="inference-pipeline")
    assert program.value == "pipeline.cli.main:main"


def test_the_version_is_the_packages() -> None:
    done = run("--version", first=TELL)
    assert (done.returncode, done.stdout) == (0, f"{pipeline.__version__}\n")
    assert not (HEAVY | READERS) & set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_says_the_usage_and_loads_little(name: list[str], flag: str) -> None:
    done = run(*name, flag, first=TELL)
    assert done.returncode == 0
    assert f"usage: inference-pipeline {' '.join(name)}" in " ".join(done.stdout.split()).replace("Usage", "usage")
    assert not (HEAVY | READERS) & set(done.stderr.split())


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("run", "serve", "score", "init", "bundle"):
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("arguments", [[], ["bundle"]])
def test_no_arguments_are_answered_with_help(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert USAGE in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nope"], "nope"),
        (["--nope"], "--nope"),
        (["run"], "PIPELINE.yml"),
        (["run", "a.yml", "b.yml"], "b.yml"),
        (["run", "a.yml", "--nope"], "--nope"),
        (["score", "model"], "INPUT"),
        (["score", "model", "rows.csv"], "--output"),
        (["init", "rows.csv"], "--output"),
        (["bundle", "show"], "path"),
        (["bundle", "nope"], "nope"),
        (["serve", "--nope"], "--nope"),
        (["serve", "model", "--port", "99999"], "65535"),
        (["serve", "model", "--workers", "none"], "none"),
        (["--version", "nope"], "nope"),
    ],
    ids=_words,
)
def test_wrong_arguments_are_answered_with_usage(arguments: list[str], named: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.lower().startswith(USAGE.lower())
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["bundle", "show", "nowhere"], "nowhere is not there", "name a bundle, a model archive or a run folder"),
        (["bundle", "show", "rows.csv"], "rows.csv is neither a zip, a tar.gz nor a folder", None),
        (["bundle", "show", "empty"], "empty holds neither a bundle nor a model archive", "bundle.json at its top"),
        (["bundle", "show", "a" * 300], "File name too long", None),
        (["run", "nowhere.yml"], "pipeline file nowhere.yml cannot be read", None),
        (["run", "empty"], "pipeline file empty cannot be read", None),
        (["run", "typo.yml"], "typo.yml, line 2: key 'dota' is not known", "did you mean 'data'?"),
        (["score", "nowhere", "rows.csv", "-o", "out.csv"], "nowhere is not there", "name a bundle"),
        (["score", "BUNDLE", "nowhere.csv", "-o", "out.csv"], "nowhere.csv is not there", "is the path right?"),
        (["score", "BUNDLE", "rows.csv", "-o", "out.xyz"], "'out.xyz' tells no format", ".csv"),
        (["score", "BUNDLE", "rows.csv", "-o", "empty"], "the output empty is a folder", "name another file"),
        (["score", "BUNDLE", "rows.csv", "-o", "out.csv", "--delimiter", ""], "the delimiter is ''", None),
        (["score", "BUNDLE", "bad.csv", "-o", "out.csv"], "bad.csv, row 2, column 'x'", None),
        (["init", "nowhere.csv", "--output", "out"], "nowhere.csv is not there", "is the path right?"),
        (["init", "rows.csv", "--output", "rows.csv"], "rows.csv is not a folder", None),
        (["serve", "nowhere", "--port", "0"], "nowhere is not there", "name a bundle"),
    ],
    ids=_words,
)
def test_an_error_is_its_message_and_its_hint(
    arguments: list[str], said: str, hint: str | None, bundle: Path, files: Path
) -> None:
    there = sorted(files.rglob("*"))
    stderr = failure(run(*[str(bundle) if one == "BUNDLE" else one for one in arguments]))
    assert stderr.startswith("error: ")
    assert said in stderr
    assert ("\n  hint: " in stderr) == (hint is not None)
    assert (hint or "") in stderr
    assert sorted(files.rglob("*")) == there


def test_all_mistakes_of_a_pipeline_file_stand_in_one_error(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8")
    file = tmp_path / "p.yml"
    file.write_text(text.replace("eta: 0.2", "eta: [1]").replace("features:build", "x y"), encoding="utf-8")
    lines = failure(run("run", file)).splitlines()
    assert [line.partition("found")[0] for line in lines] == [
        f"error: {file}, line 15: features.pipeline: ",
        f"{file}, line 21: training.hyperparameters.eta: ",
    ]


def test_bundle_show_lists_the_nodes_in_order(bundle: Path) -> None:
    done = run("bundle", "show", bundle, COLUMNS="120")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "case, written as MLeap 0.20.0"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert rows == [
        ["indexer", "string_indexer", "sex", "index", "yes"],
        ["encoder", "one_hot_encoder", "index", "hot", "yes"],
        ["assembler", "vector_assembler", "hot, x, n", "features", "yes"],
    ]


def test_bundle_show_shows_names_as_they_are(tmp_path: Path) -> None:
    nodes = model_cases.abalone_nodes()
    nodes[0].name, nodes[1].name, nodes[2].name = "[bold]größe", ":smile:", "VectorAssembler_" + "0123456789" * 8
    files = model_cases.files_of(nodes)
    files["bundle.json"] = files["bundle.json"].replace(b'"case"', b'"[/case]"')
    done = run("bundle", "show", write_files(files, tmp_path / "b.zip"), COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("[/case], written")
    named = "".join(line.split("│")[1].strip() for line in done.stdout.splitlines() if "│" in line)
    assert named == "".join(node.name for node in nodes)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["bundle", "show", "BUNDLE"]], ids=" ".join)
def test_a_reader_that_went_away_is_no_error_to_talk_about(arguments: list[str], unbuffered: str, bundle: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = [str(bundle) if one == "BUNDLE" else one for one in arguments]
    try:
        done = subprocess.run(
            command(*arguments),
            env=environment(PYTHONUNBUFFERED=unbuffered),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_full_disk_is_an_error(bundle: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("bundle", "show", bundle), env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: [Errno 28]")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_command_tidily(number: int, bundle: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    os.mkfifo(rows)
    child = subprocess.Popen(
        command("score", bundle, rows, "-o", tmp_path / "out" / "scored.csv"),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with os.fdopen(_opened(rows, child), "wb", buffering=0) as stream:
        stream.write(b"M,1.0,2\n" * 100)
        child.send_signal(number)
    # The end of the rows comes after the signal: a read that the signal did not reach returns and meets it.
    said, complained = child.communicate(timeout=60)
    assert (child.returncode, said, complained) == (130, b"", b"interrupted: nothing was left half-written\n")
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == []


def _opened(pipe: Path, child: subprocess.Popen[bytes]) -> int:
    """The pipe's writing end once the child reads: by then it is at work."""
    while child.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            # Nobody reads yet.
            time.sleep(0.01)
    pytest.fail(f"the command ended before it read: {child.communicate()}")


def test_scoring_says_what_it_did_on_stderr_alone(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("M,1.0,2\ngröße,2.0,3\n", encoding="utf-8")
    done = run("score", bundle, tmp_path / "rows.csv", "-o", tmp_path / "out.csv", "--output-columns", "index, x")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("2 rows in ")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "0.0,1.0\n1.0,2.0\n"
