"""Child processes of a run: real ones, their output, and every way in which they end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pipeline.errors import StepError
from pipeline.run.process import OnLine, run_process


def run_python(code: str, log: Path, *, on_line: OnLine | None = None, **environment: str) -> None:
    run_process("etl", [sys.executable, "-c", code], log, environment=environment, on_line=on_line)


def failure(code: str, folder: Path) -> StepError:
    with pytest.raises(StepError) as caught:
        run_python(code, folder / "log")
    return caught.value


def test_output_and_errors_go_to_the_log_and_line_by_line_to_the_caller(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "etl.log"
    seen: list[str] = []
    code = "import sys; print('one', flush=True); print('two  ', file=sys.stderr); print('größe')"
    run_python(code, log, on_line=seen.append, PYTHONIOENCODING="utf-8")
    assert seen == ["one", "two  ", "größe"]
    assert log.read_text(encoding="utf-8") == "one\ntwo  \ngröße\n"


def test_the_last_line_counts_without_its_line_break_too(tmp_path: Path) -> None:
    seen: list[str] = []
    run_python("print('one'); print('end', end='')", tmp_path / "log", on_line=seen.append)
    assert seen == ["one", "end"]


def test_bytes_that_are_no_utf8_do_not_stop_it(tmp_path: Path) -> None:
    run_python(r"import sys; sys.stdout.buffer.write(b'\xff!\n')", tmp_path / "log")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "\ufffd!\n"


def test_the_child_has_the_given_environment_and_no_input(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ.get('HOME'), os.environ['COLOUR'], repr(sys.stdin.read()))"
    run_python(code, tmp_path / "log", COLOUR="red")
    assert (tmp_path / "log").read_text() == "None red ''\n"


def test_an_error_on_purpose_is_passed_on_with_its_hint(tmp_path: Path) -> None:
    code = (
        "print('WARN noise'); print('error: rows.csv, row 7: bad\\n  hint: mend it\\nlate noise'); raise SystemExit(1)"
    )
    error = failure(code, tmp_path)
    assert error.step == "etl"
    assert error.message == "step etl: rows.csv, row 7: bad"
    assert error.hint == "mend it"


@pytest.mark.parametrize("after", ["", "\\nShutdown hook called"])
def test_an_error_may_have_no_hint(tmp_path: Path, after: str) -> None:
    error = failure(f"print('error: first\\nerror: bad{after}'); raise SystemExit(1)", tmp_path)
    assert error.message == "step etl: bad"
    assert error.hint is None


def test_a_command_that_ends_well_may_say_error(tmp_path: Path) -> None:
    run_python("print('error: only a word')", tmp_path / "log")
    assert (tmp_path / "log").read_text() == "error: only a word\n"


def test_of_a_traceback_the_exception_is_told(tmp_path: Path) -> None:
    code = "import atexit; atexit.register(print, 'Shutdown hook called'); {}['key']"
    error = failure(f"{code}\n", tmp_path)
    assert error.message == "step etl: the program ended with status 1: KeyError: 'key'"
    assert error.hint == "this is unforeseen: please report it"
    assert "Traceback" in (tmp_path / "log").read_text()


def test_without_an_exception_the_last_lines_are_told(tmp_path: Path) -> None:
    error = failure("print(*range(100), sep='\\n'); raise SystemExit(3)", tmp_path)
    lines = "\n".join(map(str, range(80, 100)))
    assert error.message == f"step etl: the program ended with status 3: {lines}"


def test_a_jvm_out_of_memory_says_what_gives_it_more(tmp_path: Path) -> None:
    code = "print('java.lang.OutOfMemoryError: Java heap space'); print('a.b.SparkException: x'); raise SystemExit(1)"
    error = failure(code, tmp_path)
    assert error.message == "step etl: the JVM ran out of memory"
    assert error.hint is not None
    assert "SPARK_DRIVER_MEMORY" in error.hint


def test_a_command_that_is_killed_has_the_signal_as_its_status(tmp_path: Path) -> None:
    error = failure("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", tmp_path)
    assert "ended with status -9" in error.message


# A child that starts another one. Both hold the FIFO open until they end; left alone, they say so in it.
FAMILY = """
import signal, subprocess, sys, time
fifo = open(sys.argv[1], "ab", buffering=0)
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in sys.argv:
    also = ["stubborn"] if "grandchild" in sys.argv else []
    subprocess.Popen([sys.executable, __file__, sys.argv[1], *also])
else:
    print("ready", flush=True)
time.sleep(30)
fifo.write(b"left alone")
"""


@pytest.mark.parametrize("words", [["parent"], ["parent", "stubborn"], ["parent", "grandchild"]])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupt_ends_the_child_and_what_it_started(
    tmp_path: Path, words: list[str], error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.run.process._PATIENCE", 0.5)
    program, fifo = tmp_path / "family.py", tmp_path / "fifo"
    program.write_text(FAMILY)
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)

    def interrupt(line: str) -> None:
        raise error(line)

    command = [sys.executable, str(program), str(fifo), *words]
    try:
        with pytest.raises(error, match="ready"):
            run_process("etl", command, tmp_path / "log", environment={}, on_line=interrupt)
        # The end of the FIFO comes when no process holds it any longer.
        assert os.read(reader, 100) == b""
    finally:
        os.close(reader)
    assert (tmp_path / "log").read_text() == "ready\n"
