"""Files as records and requests, and JSONPath over them, without any container."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transform_cases import settings

from pipeline.local.errors import JobFailure
from pipeline.local.transform.csv_cells import split_cells, split_rows
from pipeline.local.transform.json_path import JsonPath, PathError
from pipeline.local.transform.processing import Processing, RecordError
from pipeline.local.transform.records import Batch, batches
from pipeline.local.transform.settings import MIB, MULTI, SINGLE, Decided


def split(path: Path, content: bytes, payload: int = MIB, strategy: str = MULTI, **options: Any) -> list[Batch]:
    """The requests of a file with that content."""
    path.write_bytes(content)
    return list(batches(path, "data.csv", settings(**options), Decided(1, payload, strategy)))


records = st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"").replace(b"\r", b"").replace(b'"', b""))


@given(st.lists(records, max_size=30), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.integers(12, 60))
def test_every_record_is_in_one_request_in_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], newline: bytes, ended: bool, payload: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "records"
    content = newline.join(lines) + (newline if ended and lines else b"")
    expected = [(number, line) for number, line in enumerate(lines, 1) if line]
    for strategy in (MULTI, SINGLE):
        found = split(path, content, payload, strategy)
        assert [pair for batch in found for pair in zip(batch.lines, batch.records, strict=True)] == expected
        sizes = [len(b"\n".join(batch.records)) for batch in found]
        assert all(0 < size <= payload for size in sizes)
        if strategy == SINGLE:
            assert len(found) == len(expected)
        else:
            # Each request is as full as it can be.
            following = [len(batch.records[0]) for batch in found[1:]]
            assert all(size + 1 + more > payload for size, more in zip(sizes, following, strict=False))


def test_only_a_newline_ends_a_record(tmp_path: Path) -> None:
    odd = "a\u2028b\x0bc\x0cd\x85e\rf".encode()
    (batch,) = split(tmp_path / "file", odd + b"\n" + odd, content_type="application/jsonlines")
    assert batch.records == [odd, odd]
    document = json.dumps({"text": "two\nlines"}).encode()
    (batch,) = split(tmp_path / "file", document + b"\n" + document, content_type="application/jsonlines")
    assert [json.loads(record)["text"] for record in batch.records] == ["two\nlines"] * 2


def test_a_newline_inside_quotes_is_refused(tmp_path: Path) -> None:
    for strategy in (SINGLE, MULTI):
        with pytest.raises(JobFailure, match=r"data\.csv, line 2: a quote is left open"):
            split(tmp_path / "file", b'a,1\n"two\nlines",2\n', strategy=strategy)
    (batch,) = split(tmp_path / "file", b'"a,b",1\n5" pipe,2\n"x""y",3\n')
    assert len(batch.records) == 3


def test_a_record_above_the_payload(tmp_path: Path) -> None:
    with pytest.raises(JobFailure, match=r"data\.csv, line 2: the record is larger than MaxPayloadInMB, 1 MB"):
        split(tmp_path / "file", b"a\n" + b"b" * (MIB + 1) + b"\nc")
    with pytest.raises(JobFailure, match=r"data\.csv is larger than MaxPayloadInMB, 1 MB"):
        split(tmp_path / "file", b"b" * (MIB + 1), split="None")
    (batch,) = split(tmp_path / "file", b"b" * MIB)
    assert len(batch.records[0]) == MIB


def test_a_whole_file_is_sent_as_it_is(tmp_path: Path) -> None:
    content = b'\n"two\nlines",1\r\n\n'
    (batch,) = split(tmp_path / "file", content, split="None")
    assert batch.records == [content]
    assert batch.place() == "data.csv"


def test_gzip(tmp_path: Path) -> None:
    packed = {"TransformInput": {"CompressionType": "Gzip"}}
    content = gzip.compress(b"a\nb") + gzip.compress(b"\nc")
    (batch,) = split(tmp_path / "file", content, **packed)
    assert batch.records == [b"a", b"b", b"c"]
    for broken in (content[:-6], b"a\nb\n", b"\x1f\x8b\x08\x00"):
        with pytest.raises(JobFailure, match=r"data\.csv cannot be read"):
            split(tmp_path / "file", broken, **packed)


cells = st.text(alphabet='ab",\n é', max_size=6)


@given(st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=6))
def test_cells_and_rows_of_csv(rows: list[list[str]]) -> None:
    written = [[_written(cell) for cell in row] for row in rows]
    lines = [b",".join(row) for row in written]
    assert [split_cells(line) for line in lines] == written
    if all(lines):
        assert split_rows(b"\n".join(lines)) == lines
        assert split_rows(b"\r\n".join(lines) + b"\r\n") == lines


def _written(cell: str) -> bytes:
    """A cell as RFC 4180 says."""
    if not set(cell) & set('",\n'):
        return cell.encode()
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'.encode()


VALUE = {"id": 7, "a.b": 1, "deep": {"x": [10, 20, 30, 40], "y": None}, "rows": [{"v": 1}, {"v": 2}]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", VALUE),
        ("$.id", 7),
        ("$['id']", 7),
        ('$["a.b"]', 1),
        ("$.deep.x", [10, 20, 30, 40]),
        ("$.deep.x[0]", 10),
        ("$.deep.x[-1]", 40),
        ("$.deep.x[0,2]", [10, 30]),
        ("$.deep.x[1:]", [20, 30, 40]),
        ("$.deep.x[:2]", [10, 20]),
        ("$.deep.x[1:3]", [20, 30]),
        ("$.deep.x[-2:]", [30, 40]),
        ("$['deep']['y']", None),
        ("$['id', 'deep']", {"id": 7, "deep": VALUE["deep"]}),
        ("$.deep.['x','y']", VALUE["deep"]),
        ("$.rows[*].v", [1, 2]),
        ("$.deep.*", [[10, 20, 30, 40], None]),
        ("$.rows[0:2].v", [1, 2]),
    ],
)
def test_json_path(path: str, expected: Any) -> None:
    assert JsonPath(path).select(VALUE) == expected


@pytest.mark.parametrize(
    "path",
    ["", "id", "$..id", "$[?(@.id)]", "$[0:2,5:]", "$[0,5:]", "$[", "$['a]", "$[1.5]", "$.", "$[0:9:2]"],
)
def test_paths_beyond_the_subset(path: str) -> None:
    with pytest.raises(JobFailure, match="Invalid JsonPath"):
        JsonPath(path)


@pytest.mark.parametrize(
    "path",
    ["$.none", "$['id','none']", "$.id.x", "$[0]", "$.deep.x[4]", "$.deep.x[0,9]", "$.deep.x[-5]", "$.deep.x[4:]"],
)
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(PathError):
        JsonPath(path).select(VALUE)


numbers = st.integers(-9, 9)


@given(st.lists(st.integers(), max_size=8), st.one_of(st.none(), numbers), st.one_of(st.none(), numbers))
def test_slices_are_python_s(values: list[int], start: int | None, end: int | None) -> None:
    path = JsonPath(f"$[{'' if start is None else start}:{'' if end is None else end}]")
    expected = values[start:end]
    if expected:
        assert path.select(values) == expected
    else:
        with pytest.raises(PathError, match="selects nothing"):
            path.select(values)


def processed(records: list[bytes], reply: bytes, **options: Any) -> tuple[list[bytes], list[bytes] | None]:
    """What the model gets of records, and what is written of its reply."""
    made = settings(**options)
    processing = Processing(made)
    return list(processing.requests(records)), processing.results(records, reply, made.accept or made.content_type)


def test_csv_by_column() -> None:
    rows = [b'7,"a,b",2.50,x', b"8,c,1e-5,y"]
    sent, written = processed(
        rows, b"0.1\n0.2\n", processing={"InputFilter": "$[1:3]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    )
    assert sent == [b'"a,b",2.50', b"c,1e-5"]
    assert written == [b"7,0.1", b"8,0.2"]
    joined = processed(rows, b'0.1,"p\nq"\n0.2,z', processing={"JoinSource": "Input"})[1]
    assert joined == [rows[0] + b',0.1,"p\nq"', rows[1] + b",0.2,z"]
    assert processed(rows, b"1,2\n3,4", processing={"InputFilter": "$[0]", "OutputFilter": "$[1]"})[1] == [b"2", b"4"]


def test_json_lines() -> None:
    rows = [b'{"id": 1, "data": ["M"]}', b'{"id": 2, "data": ["F"]}']
    options = {"content_type": "application/jsonlines", "accept": "application/jsonlines"}
    filters = {"InputFilter": "$['data']", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    sent, written = processed(rows, b'{"score":0.5}\n{"score":1}\n', **options, processing=filters)
    assert sent == [b'["M"]', b'["F"]']
    assert written == [
        b'{"id":1,"SageMakerOutput":{"score":0.5}}',
        b'{"id":2,"SageMakerOutput":{"score":1}}',
    ]
    plain = processed([b"[1,2]"], b"3", **options, processing={"JoinSource": "Input"})[1]
    assert plain == [b'{"SageMakerInput":[1,2],"SageMakerOutput":3}']


def test_a_json_document() -> None:
    options = {"content_type": "application/json", "split": "None", "assemble": "None"}
    document = b'{\n "id": 1,\n "data": [[1], [2]]\n}'
    filters = {
        "InputFilter": "$['data']",
        "JoinSource": "Input",
        "OutputFilter": "$.SageMakerOutput.predictions[*].score",
    }
    sent, written = processed(
        [document], b'{"predictions": [{"score": 1}, {"score": 2}]}', **options, processing=filters
    )
    assert (sent, written) == ([b"[[1],[2]]"], [b"[1,2]"])


@given(st.lists(st.lists(st.from_regex(rb"[a-z0-9 .]{0,5}", fullmatch=True), min_size=3, max_size=3), min_size=1))
def test_what_is_joined_can_be_taken_apart(rows: list[list[bytes]]) -> None:
    lines = [b",".join(row) for row in rows]
    reply = b"".join(b"%d\n" % place for place in range(len(lines)))
    written = processed(lines, reply, processing={"JoinSource": "Input"})[1]
    assert written is not None
    assert [line.rpartition(b",")[0] for line in written] == lines
    assert processed(written, reply, processing={"InputFilter": "$[:3]"})[0] == lines
    assert processed(written, reply, processing={"InputFilter": "$[-1]"})[0] == reply.split()


def test_without_processing_a_reply_stays_as_it_is() -> None:
    assert processed([b"1", b"2"], b"0.1\r\n0.2\r\n") == ([b"1", b"2"], None)
    assert processed([b"1"], b"anything", accept="application/json")[1] is None


@pytest.mark.parametrize("reply", [b"", b"0.1", b"0.1\n0.2\n0.3\n"])
@pytest.mark.parametrize("processing", [{}, {"JoinSource": "Input"}])
def test_as_many_results_as_records(reply: bytes, processing: dict[str, str]) -> None:
    with pytest.raises(RecordError, match="results for 2 records"):
        processed([b"1", b"2"], reply, processing=processing)


@pytest.mark.parametrize(
    ("records", "options", "place"),
    [
        ([b"1,2", b"1"], {"processing": {"InputFilter": "$[1]"}}, 1),
        ([b"1,2"], {"processing": {"InputFilter": "$.a"}}, 0),
        ([b"{}", b"{"], {"content_type": "application/jsonlines", "processing": {"InputFilter": "$['a']"}}, 0),
        ([b"1"], {"processing": {"OutputFilter": "$[3]"}}, 0),
    ],
)
def test_a_record_that_cannot_be_processed_is_named(records: list[bytes], options: Any, place: int) -> None:
    with pytest.raises(RecordError) as caught:
        processed(records, b"1\n" * len(records), **options)
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "TFRecord"}, "SplitType TFRecord is not done here"),
        ({"split": "None", "BatchStrategy": "MultiRecord"}, "BatchStrategy needs SplitType Line"),
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "above 100 MB"),
        ({"processing": {"InputFilter": "$..x"}}, "Invalid JsonPath"),
        (
            {"processing": {"JoinSource": "Input"}, "accept": "application/json"},
            "cannot join application/json to text/csv",
        ),
        ({"processing": {"JoinSource": "Input"}, "assemble": "None"}, "AssembleWith Line"),
        ({"processing": {"InputFilter": "$[1]"}, "content_type": "text/libsvm"}, "ContentType is text/libsvm"),
        (
            {"processing": {"InputFilter": "$.a"}, "content_type": "application/jsonlines", "split": "None"},
            "needs SplitType Line",
        ),
    ],
)
def test_settings_that_do_not_go_together(options: Any, says: str) -> None:
    with pytest.raises(JobFailure, match="(?s)" + says.replace("$", r"\$").replace(".", r"\.")):
        Processing(settings(**options))


def test_who_decides() -> None:
    asked = {"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 3}
    careful = {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 9}
    assert settings().decided([]) == Decided(1, 6 * MIB, MULTI)
    assert settings().decided([{}, {}]) == Decided(1, 6 * MIB, MULTI)
    assert settings().decided([asked]) == Decided(4, 3 * MIB, MULTI)
    assert settings().decided([asked, careful]) == Decided(2, 3 * MIB, SINGLE)
    own = settings(MaxConcurrentTransforms=8, MaxPayloadInMB=5, BatchStrategy="SingleRecord")
    assert own.decided([asked]) == Decided(8, 5 * MIB, SINGLE)
    assert own.environment == {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "5",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "8",
    }
    assert settings(MaxPayloadInMB=0).decided([asked]).payload == 1024 * MIB
    assert settings().environment == {"SAGEMAKER_BATCH": "true"}
