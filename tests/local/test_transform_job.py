"""Transform jobs over serving processes: inputs, strategies, results, failures."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from counting_cases import counting
from endpoint_cases import BUCKET, MODELS, SECONDS, children
from model_cases import features_of, table_of, train

from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.transform import run_transform
from pipeline.local.objects import Objects

NUMBER = itertools.count(1)
ROWS = table_of(60, seed=4)
LINES = [",".join(map(str, row.values())) for row in ROWS.to_pylist()]


class Bench:
    """A folder of the store for one job's input and output."""

    def __init__(self, objects: Objects, folder: Path) -> None:
        self.objects, self.folder = objects, folder
        self.prefix = f"{BUCKET}/transform/{next(NUMBER)}"
        self.log: list[tuple[int, str]] = []
        self.stopping = threading.Event()

    def put(self, name: str, content: bytes | str, where: str = "in") -> None:
        """An object of the input, or beside it."""
        path = self.folder / "object"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.objects.upload(path, f"{self.prefix}/{where}/{name}")

    def run(
        self, model: str = "fused", source: str = "in/", data_type: str = "S3Prefix", **fields: Any
    ) -> dict[str, bytes]:
        """Runs a job and returns its objects by name; keyword arguments are the request's, those of its parts too."""
        parts = {
            "TransformInput": ("ContentType", "SplitType", "CompressionType"),
            "TransformOutput": ("Accept", "AssembleWith"),
        }
        request = {
            "TransformJobName": "job",
            "ModelName": model,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": data_type, "S3Uri": f"{self.prefix}/{source}"}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": f"{self.prefix}/out", "AssembleWith": "Line"},
            "TransformResources": {"InstanceCount": fields.pop("InstanceCount", 1), "InstanceType": "ml.m5.large"},
        }
        for name, value in fields.items():
            part = next((part for part, names in parts.items() if name in names), None)
            (request if part is None else request[part])[name] = value  # type: ignore[index]
        folder = self.folder / f"work-{next(NUMBER)}"
        folder.mkdir()
        job = Job(
            kind="transform-job",
            name="job",
            request=request,
            folder=folder,
            objects=self.objects,
            log=lambda instance, line: self.log.append((instance, line)),
            stopping=self.stopping,
            update=lambda **_: None,
            environment=dict(os.environ),
        )
        assert run_transform(job, MODELS) == {}
        return self.written()

    def written(self) -> dict[str, bytes]:
        """The objects of the output by name."""
        start = f"{self.prefix}/out/"
        return {key.removeprefix(start): self.objects.read(key) for key in self.objects.keys(start)}


@pytest.fixture
def bench(archives: Objects, tmp_path: Path) -> Bench:
    return Bench(archives, tmp_path)


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """What XGBoost itself predicts of LINES, as the endpoint writes it."""
    import xgboost

    data = table_of(200)
    predictions = train(features_of(data), {}).predict(xgboost.DMatrix(features_of(ROWS)))
    return [str(float(score)) for score in predictions]


def text(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def test_record_by_record_and_by_line_write_the_same_bytes(bench: Bench, expected: list[str]) -> None:
    bench.put("rows.csv", text(LINES))
    several = bench.run(BatchStrategy="MultiRecord", MaxConcurrentTransforms=2)
    assert several == {"rows.csv.out": text(expected)}
    assert "BatchStrategy=MULTI_RECORD" in bench.log[-1][1]
    single = bench.run(BatchStrategy="SingleRecord", MaxConcurrentTransforms=4, InstanceCount=2)
    assert single == several
    assert any("BatchStrategy=SINGLE_RECORD" in line for _, line in bench.log)
    assert {instance for instance, _ in bench.log} == {1, 2}
    assert bench.run("pair") == several


@pytest.mark.parametrize(
    ("fields", "asks", "most"),
    [
        ({"MaxConcurrentTransforms": 3}, 8, [3]),
        ({"MaxConcurrentTransforms": 2, "InstanceCount": 2}, 1, [2, 2]),
        ({}, 4, [4]),
    ],
)
def test_so_many_requests_are_on_their_way_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], asks: int, most: list[int]
) -> None:
    process = counting(most[0], asks)
    monkeypatch.setattr("pipeline.local.endpoints.instance.ServingProcess", process)
    bench.put("rows.csv", text(LINES[:30]))
    assert bench.run(BatchStrategy="SingleRecord", **fields) == {"rows.csv.out": b"1\n" * 30}
    assert process.most == most


def test_inputs_beside_each_other(bench: Bench, expected: list[str]) -> None:
    bench.put("a/first.csv", text(LINES[:3]))
    bench.put("a/deep/second.csv", "\r\n".join(LINES[3:5]))
    bench.put("empty.csv", b"")
    bench.put("blank.csv", f"\n{LINES[5]}\n\n{LINES[6]}")
    written = {
        "a/first.csv.out": text(expected[:3]),
        "a/deep/second.csv.out": text(expected[3:5]),
        "empty.csv.out": b"",
        "blank.csv.out": text(expected[5:7]),
    }
    assert bench.run() == written


def test_a_manifest_chooses_its_inputs(bench: Bench, expected: list[str]) -> None:
    for place, name in enumerate(["a/first.csv", "second.csv", "third.csv"]):
        bench.put(name, LINES[place])
    bench.put("list.json", json.dumps([{"prefix": f"{bench.prefix}/in/"}, "third.csv", "a/first.csv"]), "lists")
    assert bench.run(source="lists/list.json", data_type="ManifestFile") == {
        "a/first.csv.out": text(expected[:1]),
        "third.csv.out": text(expected[2:3]),
    }


def test_gzip_and_data_processing(bench: Bench, expected: list[str]) -> None:
    rows = [f'"id, {place}",{line}' for place, line in enumerate(LINES[:9])]
    bench.put("rows.csv.gz", gzip.compress(text(rows)))
    filters = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    written = bench.run(CompressionType="Gzip", DataProcessing=filters, Accept="text/csv")
    assert written == {"rows.csv.gz.out": text([f'"id, {place}",{expected[place]}' for place in range(9)])}


def test_json_lines(bench: Bench, expected: list[str]) -> None:
    rows = [{"id": place, "data": list(row.values())} for place, row in enumerate(ROWS.to_pylist()[:5])]
    bench.put("rows.jsonl", text([json.dumps(row) for row in rows]))
    filters = {"InputFilter": "$['data']", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    with pytest.raises(JobFailure, match=r"rows\.jsonl, line 1: .*400: .*found a list"):
        bench.run(ContentType="application/jsonlines", Accept="application/jsonlines", DataProcessing=filters)
    filters["InputFilter"] = "$"
    written = bench.run(ContentType="application/jsonlines", Accept="application/jsonlines", DataProcessing=filters)
    results = [json.loads(line) for line in written["rows.jsonl.out"].splitlines()]
    assert [(result["id"], result["SageMakerOutput"]["score"]) for result in results] == [
        (place, float(expected[place])) for place in range(5)
    ]


def test_a_file_as_one_request(bench: Bench, expected: list[str]) -> None:
    document = {"instances": [list(row.values()) for row in ROWS.to_pylist()]}
    bench.put("rows.json", json.dumps(document, indent=1))
    written = bench.run(
        SplitType="None", AssembleWith="None", ContentType="application/json", Accept="application/json"
    )
    predictions = json.loads(written["rows.json.out"])["predictions"]
    assert [entry["score"] for entry in predictions] == [float(score) for score in expected]


def test_a_bad_record_fails_the_job_and_writes_nothing(bench: Bench) -> None:
    bench.put("a.csv", text(LINES[:20]))
    bench.put("b.csv", text([*LINES[:30], "M,no number,3", *LINES[30:], "X,1,1"]))
    bench.put("c.csv", 'M,"1\n",2\n')
    for strategy in ("MultiRecord", "SingleRecord"):
        with pytest.raises(JobFailure) as caught:
            bench.run(BatchStrategy=strategy, MaxConcurrentTransforms=4)
        said = caught.value.message
        assert said.startswith("ClientError: b.csv, line 31: primary answered 400: ")
        assert "'x'" in said
        assert "no number" in said
        assert len(said) <= 1024
    assert bench.written() == {}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"source": "none/"}, "No S3 objects found"),
        ({"ContentType": "application/x-foo"}, "line 1: primary answered 415"),
        ({"SplitType": "TFRecord"}, "SplitType TFRecord"),
        ({"model": "broken"}, "did not pass the ping health check"),
        ({"Accept": "image/png"}, "answered 406"),
    ],
)
def test_a_job_that_cannot_run_says_why(bench: Bench, fields: dict[str, Any], says: str) -> None:
    bench.put("rows.csv", text(LINES))
    with pytest.raises(JobFailure, match=says):
        bench.run(**fields)
    assert bench.written() == {}


def test_stopping(bench: Bench) -> None:
    """A job that is stopped ends at once, and its processes with it."""
    bench.put("rows.csv", text(LINES * 1000))
    before = children()
    served: set[int] = set()

    def stop() -> None:
        _until_requests_begin(bench)
        served.update(children() - before)
        bench.stopping.set()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(JobFailure, match="the job was stopped"):
        bench.run(BatchStrategy="SingleRecord")
    thread.join()
    assert served
    assert not served & children()
    assert bench.written() == {}


def _until_requests_begin(bench: Bench) -> None:
    deadline = time.monotonic() + SECONDS
    while not any("BatchStrategy" in line for _, line in bench.log):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_worker_that_is_killed_over_a_job(bench: Bench, expected: list[str]) -> None:
    """Every record is answered all the same, in order."""
    bench.put("rows.csv", text(LINES * 40))
    before = children()
    killed: list[int] = []

    def kill() -> None:
        _until_requests_begin(bench)
        killed.extend(children() - before)
        os.kill(killed[0], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    written = bench.run(BatchStrategy="SingleRecord", MaxConcurrentTransforms=2)
    thread.join()
    assert written == {"rows.csv.out": text(expected * 40)}
    assert any("it is started again" in line for _, line in bench.log)
