"""Jars are what their lock says, appear whole, and their absence is told in good time."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pipeline.errors import RequirementError
from pipeline.mleap import jars
from pipeline.mleap.fetch import proxy_properties
from pipeline.mleap.jars import RUNTIME, SERIALIZER, resolve


@pytest.fixture(scope="module")
def cached() -> list[Path]:
    try:
        return resolve(RUNTIME)
    except RequirementError as error:
        pytest.skip(str(error))


@pytest.fixture
def own_folder(cached: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The jars in a folder of the user's own, as on a machine without network."""
    folder = tmp_path / RUNTIME.name
    folder.mkdir()
    for jar in cached:
        (folder / jar.name).symlink_to(jar)
    monkeypatch.setenv("INFERENCE_PIPELINE_JARS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.mleap
def test_the_lock_names_no_documentation(cached: list[Path]) -> None:
    names = [jar.name for jar in cached]
    assert "mleap-runtime_2.12-0.20.0.jar" in names
    assert not [name for name in names if "javadoc" in name or "sources" in name]


@pytest.mark.mleap
def test_a_folder_of_one_s_own(own_folder: Path) -> None:
    assert {jar.parent for jar in resolve(RUNTIME)} == {own_folder}
    with pytest.raises(RequirementError, match=r"lacks 36 of the 36 jars of ml\.combust\.mleap:mleap-spark_2\.12"):
        resolve(SERIALIZER)


@pytest.mark.mleap
def test_a_jar_that_differs_from_its_lock_is_refused(own_folder: Path) -> None:
    jar = own_folder / "config-1.3.0.jar"
    content = bytearray(jar.read_bytes())
    content[-1] ^= 1
    jar.unlink()
    jar.write_bytes(content)
    with pytest.raises(RequirementError, match=r"config-1\.3\.0\.jar has SHA-256 [0-9a-f]{64}, its lock says"):
        resolve(RUNTIME)


@pytest.mark.mleap
def test_a_missing_jar_is_named(own_folder: Path) -> None:
    (own_folder / "config-1.3.0.jar").unlink()
    with pytest.raises(RequirementError, match=r"lacks 1 of the 41 .* config-1\.3\.0\.jar first"):
        resolve(RUNTIME)


@pytest.mark.mleap
def test_two_at_once_leave_one_whole_folder(
    cached: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Barrier(2, timeout=60)

    def fetch(_: jars.Coordinate, folder: str) -> None:
        """The network's part: everything the lock names, and one file it does not."""
        target = Path(folder) / "jars"
        target.mkdir()
        for jar in cached:
            shutil.copy(jar, target)
        (target / "arpack_combined_all-0.1-javadoc.jar").write_bytes(b"documentation")
        both.wait()

    monkeypatch.setattr(jars, "_fetch", fetch)
    monkeypatch.delenv("INFERENCE_PIPELINE_JARS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(resolve, [RUNTIME, RUNTIME]))
    folder = tmp_path / "inference-pipeline" / "jars"
    assert answers[0] == answers[1]
    assert [path.name for path in folder.iterdir()] == [RUNTIME.name]
    assert {path.name for path in (folder / RUNTIME.name).iterdir()} == {jar.name for jar in cached}


def test_no_network_is_told_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    pytest.importorskip("jpype")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        proxy = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name in ("no_proxy", "NO_PROXY", "INFERENCE_PIPELINE_JARS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        started = time.monotonic()
        with pytest.raises(RequirementError, match=r"could not be fetched: .*Connection refused") as caught:
            resolve(RUNTIME)
    assert time.monotonic() - started < 60
    assert "INFERENCE_PIPELINE_JARS/mleap-runtime_2.12-0.20.0/" in str(caught.value.hint)
    assert list((tmp_path / "inference-pipeline" / "jars").iterdir()) == []


def test_proxies_of_the_environment_as_java_wants_them() -> None:
    assert proxy_properties({}) == {}
    assert proxy_properties({"https": "http://user:p%40ss@proxy.example:3128", "no": "localhost, .example.com"}) == {
        "https.proxyHost": "proxy.example",
        "https.proxyPort": "3128",
        "http.proxyUser": "user",
        "http.proxyPassword": "p@ss",
        "jdk.http.auth.tunneling.disabledSchemes": "",
        "http.nonProxyHosts": "localhost|*.example.com",
    }
    assert proxy_properties({"http": "proxy.example"}) == {
        "http.proxyHost": "proxy.example",
        "http.proxyPort": "80",
    }


def test_importing_the_package_stays_light() -> None:
    program = (
        "import sys, pipeline.mleap.serializer, pipeline.java; print(sorted({'pyspark', 'jpype'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
