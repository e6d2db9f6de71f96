"""Case by case what AWS's containers were seen to answer: kept, or mended on purpose."""

from __future__ import annotations

import json
from typing import Any

import pytest
from serving_models import FEATURES, LINE, NAMES, NUMBERS, ROW
from serving_server import Answer, Server

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
TEXT = "application/jsonlines;data=text"


def cells(*changes: tuple[int, str]) -> str:
    """The row with other cells."""
    row = list(map(str, ROW))
    for place, text in changes:
        row[place] = text
    return ",".join(row)


def row_of(place: int, value: Any) -> list[Any]:
    """The row with another value."""
    return [*ROW[:place], value, *ROW[place + 1 :]]


def schema(output: Any = None, extra: Any = None, names: tuple[str, ...] = NAMES, **types: str) -> dict[str, Any]:
    """AWS's schema document."""
    columns = [{"name": name, "type": types.get(name, "string" if name == "sex" else "double")} for name in names]
    output = output or {"name": "features", "type": "double", "struct": "vector"}
    return {"input": [*columns, *([extra] if extra else [])], "output": output}


def vectors(answer: Answer) -> list[list[float]]:
    """The rows of a reply of vectors, whatever its form."""
    assert answer.status == 200, answer.text
    kind = answer.headers["content-type"]
    if kind.startswith(CSV):
        return [[float(cell) for cell in line.split(",")] for line in answer.text.splitlines()]
    if kind == JSON:
        return [entry["features"] for entry in json.loads(answer.text)["predictions"]]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    if kind == TEXT:
        return [[float(word) for word in line["source"].split(" ")] for line in lines]
    assert kind == LINES
    return [line["features"] for line in lines]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/ping", 200, None),
        ("HEAD", "/ping", 200, None),
        ("POST", "/ping", 405, "GET, HEAD"),
        ("GET", "/execution-parameters", 200, None),
        ("POST", "/execution-parameters", 405, "GET, HEAD"),
        ("GET", "/invocations", 405, "POST"),
        ("PUT", "/invocations", 405, "POST"),
        ("GET", "/", 404, None),
        ("GET", "/models", 404, None),
        ("POST", "/invocations/x", 404, None),
    ],
)
def test_routes(bundle: Server, method: str, path: str, status: int, allow: str | None) -> None:
    answer = bundle.call(method, path)
    assert answer.status == status
    assert answer.headers.get("allow") == allow
    if path == "/ping" and status == 200:
        assert answer.body == b""
    if status >= 400:
        assert answer.error["message"]


def test_execution_parameters(bundle: Server) -> None:
    answer = bundle.call("GET", "/execution-parameters", headers={"Accept": CSV})
    assert answer.headers["content-type"] == JSON
    assert json.loads(answer.body) == {
        "MaxConcurrentTransforms": 1,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 6,
    }


def test_invocations_with_a_trailing_slash(bundle: Server) -> None:
    assert vectors(bundle.post(LINE, path="/invocations/")) == [FEATURES]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, CSV),
        ("", CSV),
        ("*/*", CSV),
        ("text/*", CSV),
        (CSV, CSV),
        ("TEXT/CSV", CSV),
        ("text/csv;charset=utf-8", CSV),
        ("text/csv, */*", CSV),
        (LINES, LINES),
        (TEXT, TEXT),
        ("application/jsonlines; data=text", TEXT),
        (JSON, JSON),
        ("application/*", JSON),
        ("application/json;q=0.1, application/jsonlines;q=.9", LINES),
        ("text/csv;q=0, */*;q=0.5", JSON),
        ("image/png, */*;q=0.1", CSV),
        ("text/html, *; q=.2", CSV),
    ],
)
def test_accept(bundle: Server, accept: str | None, kind: str) -> None:
    answer = bundle.post(LINE, accept=accept)
    assert answer.headers["content-type"].removesuffix("; charset=utf-8") == kind
    assert vectors(answer) == [FEATURES]


@pytest.mark.parametrize("accept", ["image/png", "garbage", "text/csv;q=0", "text/csv;q=2", "application/x-parquet"])
def test_not_acceptable_lists_what_is(bundle: Server, accept: str) -> None:
    answer = bundle.post(LINE, accept=accept)
    assert answer.status == 406
    assert answer.error["code"] == "NotAcceptable"
    for offered in (CSV, JSON, LINES, TEXT):
        assert offered in answer.error["hint"]


@pytest.mark.parametrize(
    "content_type",
    [CSV, "text/csv; charset=utf-8", 'text/csv;charset="UTF-8"', "text/csv;label_size=0", "TEXT/CSV", " text/csv "],
)
def test_content_types_of_csv(bundle: Server, content_type: str) -> None:
    assert vectors(bundle.post(LINE, content_type)) == [FEATURES]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/x-foo",
        "application/octet-stream",
        "garbage",
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/libsvm",
        "application/x-ndjson",
        "text/csv;charset=latin-1",
        "text/csv, application/json",
        "text/csv json",
        "*/*",
    ],
)
def test_unsupported_media_types(bundle: Server, content_type: str | None) -> None:
    answer = bundle.post(LINE, content_type)
    assert answer.status == 415
    assert answer.error["code"] == "UnsupportedMediaType"
    assert answer.error["hint"]


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (LINE, {}),
        (LINE + "\n", {}),
        (LINE + "\r\n", {}),
        ("\n\n" + LINE, {}),
        ("\r\n" + LINE + "\r\n\r\n", {}),
        ("\ufeff" + LINE, {}),
        (",".join(f'"{value}"' for value in ROW), {}),
        (LINE.replace("M", '"M"'), {}),
        (cells((1, " 0.455 ")), {}),
        (LINE.replace(",", ", "), {}),
        (cells((1, "1e3")), {2: 1000.0}),
        (cells((1, "+.5")), {2: 0.5}),
        (cells((1, "Infinity")), {2: float("inf")}),
        (cells((1, "-inf")), {2: float("-inf")}),
    ],
)
def test_csv(bundle: Server, body: str, changed: dict[int, float]) -> None:
    expected = [changed.get(place, value) for place, value in enumerate(FEATURES)]
    assert vectors(bundle.post(body)) == [expected]


@pytest.mark.parametrize(
    ("body", "row", "column", "says"),
    [
        ("", None, None, "at least one row"),
        ("\n\r\n", None, None, "at least one row"),
        ("   ", 1, None, "1 value"),
        (LINE.rsplit(",", 1)[0], 1, None, "7 values"),
        (LINE + ",99,foo", 1, None, "10 values"),
        (LINE + ",9", 1, None, "9 values"),
        (cells((1, "abc")), 1, "length", "'abc'"),
        (",".join(NAMES) + "\n" + LINE, 1, "length", "header"),
        (cells((0, "Z")), 1, "sex", "unseen label 'Z'"),
        (cells((0, "")), 1, "sex", "missing"),
        (cells((0, '""')), 1, "sex", "unseen label ''"),
        (cells((0, "m")), 1, "sex", "unseen label 'm'"),
        (cells((0, " M")), 1, "sex", "unseen label ' M'"),
        (cells((0, "'M'")), 1, "sex", "'M'"),
        (cells((0, '"M,x"')), 1, "sex", "'M,x'"),
        ('"' + LINE, 1, None, "quote is left open"),
        ('"' + LINE + "\n" + LINE, 1, None, "quote is left open"),
        (LINE + "\n" + cells((7, '"0.15')), 2, None, "quote is left open"),
        (LINE + "\ngarbage", 2, None, "1 value"),
        (LINE + "\n\n\n" + cells((3, "x")), 2, "height", "'x'"),
        (LINE + '\n"x', 2, None, "quote is left open"),
        (cells((1, "")), 1, "length", "missing"),
        (cells((1, "1d")), 1, "length", "'1d'"),
        (cells((1, "1f")), 1, "length", "'1f'"),
        (cells((1, "0x1p3")), 1, "length", "'0x1p3'"),
        (cells((1, "1_0")), 1, "length", "'1_0'"),
        (cells((1, "1,0")), 1, None, "9 values"),
        (cells((1, "null")), 1, "length", "'null'"),
        (cells((1, "1e400")), 1, "length", "'1e400'"),
        (cells((1, "NaN")), 1, "length", "NaN"),
        (LINE.replace(",", ";"), 1, None, "';'"),
        (LINE.replace(",", "\t"), 1, None, r"'\t'"),
    ],
)
def test_csv_refused(bundle: Server, body: str, row: int | None, column: str | None, says: str) -> None:
    error = _refused(bundle.post(body), row, column)
    assert says in error["message"] + error.get("hint", "")


@pytest.mark.parametrize(
    "document",
    [
        {"data": ROW},
        {"data": [ROW]},
        {"data": dict(zip(NAMES, ROW, strict=True))},
        {"data": [dict(zip(reversed(NAMES), reversed(ROW), strict=True))]},
        {"instances": [{"features": ROW}]},
        {"instances": [ROW]},
        {"instances": [dict(zip(NAMES, ROW, strict=True))]},
        dict(zip(NAMES, ROW, strict=True)),
        {"data": ROW, "id": 1, "schema": None},
        {"data": [ROW[0], *map(str, ROW[1:])]},
        {"data": [ROW[0], *(f" {value} " for value in ROW[1:])]},
        {"schema": schema(), "data": ROW},
        {"schema": schema(names=tuple(reversed(NAMES))), "data": ROW[::-1]},
        {"schema": schema(extra={"name": "id", "type": "long"}), "data": [*ROW, 7]},
    ],
)
@pytest.mark.parametrize("kind", [JSON, LINES, "application/json; charset=utf-8", "Application/JSONlines;data=text"])
def test_json(bundle: Server, document: Any, kind: str) -> None:
    for accept in (None, JSON, LINES, TEXT):
        assert vectors(bundle.json(document, accept, content_type=kind)) == [FEATURES]


@pytest.mark.parametrize(
    ("body", "row", "column", "says"),
    [
        (json.dumps(ROW), None, None, "a list"),
        ("null", None, None, "null"),
        ("{}", 1, "sex", "missing"),
        ('{"data":[]}', None, None, "at least one row"),
        ('{"instances":[]}', None, None, "at least one row"),
        ('{"data":[[]]}', 1, None, "0 values"),
        ('{"data":null}', None, None, "null"),
        ('{"data":"M"}', None, None, "a text"),
        ('{"instances":{"features":1}}', None, None, "an object"),
        ('{"data":[', None, None, "not JSON"),
        (json.dumps({"data": ROW}) + " xyz", None, None, "not JSON"),
        (json.dumps({"data": ROW[:-1]}), 1, None, "7 values"),
        (json.dumps({"data": [*ROW, 1, 2]}), 1, None, "10 values"),
        (json.dumps({"data": [ROW, ROW[:3]]}), 2, None, "3 values"),
        (json.dumps({"data": [ROW, 1]}), 1, None, "2 values"),
        (json.dumps({"data": row_of(1, "abc")}), 1, "length", "'abc'"),
        (json.dumps({"data": row_of(0, 1)}), 1, "sex", "unseen label '1'"),
        (json.dumps({"data": row_of(0, 1.0)}), 1, "sex", "unseen label '1.0'"),
        (json.dumps({"data": row_of(1, None)}), 1, "length", "missing"),
        (json.dumps({"data": row_of(0, None)}), 1, "sex", "missing"),
        (json.dumps({"data": row_of(1, True)}), 1, "length", "True"),
        (json.dumps({"data": row_of(1, {})}), 1, "length", "{}"),
        (json.dumps({"data": [row_of(1, [1])]}), 1, "length", "[1]"),
        (json.dumps({"data": row_of(1, float("nan"))}), None, None, "not JSON"),
        (json.dumps({"data": row_of(1, "NaN")}), 1, "length", "NaN"),
        ('{"data":["M",1e400,1,1,1,1,1,1]}', None, None, "not JSON"),
        (json.dumps({"data": row_of(0, "Z")}), 1, "sex", "unseen label 'Z'"),
        (json.dumps(dict(zip(NAMES[1:], ROW[1:], strict=True))), 1, "sex", "missing"),
        (json.dumps({**dict(zip(NAMES, ROW, strict=True)), "id": 1}), 1, "id", "not known"),
        ("[" * 1000 + "]" * 1000, None, None, ""),
        ('{"data":' + "[" * 900 + "]" * 900 + "}", None, None, ""),
        ('{"data":["M",' + "[" * 1000 + "]" * 1000 + ",1,1,1,1,1,1]}", None, None, ""),
        ('{"data":' + "[" * 1000 + "]" * 1000 + "}", None, None, ""),
        ('{"data":' + "[" * 100_000, None, None, ""),
        ('{"a":' * 900 + "1" + "}" * 900, 1, "sex", "missing"),
        ('{"data":["M\\ud800"]}', None, None, "not JSON"),
    ],
)
def test_json_refused(bundle: Server, body: str, row: int | None, column: str | None, says: str) -> None:
    error = _refused(bundle.post(body, JSON), row, column, row_may_differ=not says)
    assert says in error["message"]


def test_infinity_as_text_comes_and_goes(bundle: Server) -> None:
    answer = bundle.json({"data": row_of(1, "-Infinity")}, JSON)
    assert json.loads(answer.body) == {"predictions": [{"features": [*FEATURES[:2], "-Infinity", *FEATURES[3:]]}]}


@pytest.mark.parametrize(
    ("output", "data", "csv", "value"),
    [
        ({"name": "sex_index", "type": "double"}, ROW, "0.0", 0.0),
        ({"name": "sex_index", "type": "float"}, ROW, "0.0", 0.0),
        ({"name": "sex_vector", "type": "double", "struct": "vector"}, ROW, "1.0,0.0", [1.0, 0.0]),
        ({"name": "sex", "type": "string"}, ROW, "M", "M"),
        ({"name": "length", "type": "double"}, ROW, "0.455", 0.455),
        ({"name": "x", "type": "string"}, 'é日, "b"', '"é日, ""b"""', 'é日, "b"'),
        ({"name": "x", "type": "string"}, "", '""', ""),
        ({"name": "x", "type": "int"}, 1, "1", 1),
        ({"name": "x", "type": "int"}, 1.0, "1", 1),
        ({"name": "x", "type": "long"}, 2**62, str(2**62), 2**62),
        ({"name": "x", "type": "boolean"}, "TRUE", "true", True),
        ({"name": "x", "type": "boolean"}, 1, "true", True),
        ({"name": "x", "type": "float"}, 0.455, "0.45500001311302185", 0.45500001311302185),
        ({"name": "x", "type": "double", "struct": "vector"}, [1.5, 2], "1.5,2.0", [1.5, 2.0]),
        ({"name": "x", "type": "double", "struct": "array"}, [1.5, 2], "1.5,2.0", [1.5, 2.0]),
    ],
)
def test_output_of_a_request(bundle: Server, output: dict[str, str], data: Any, csv: str, value: Any) -> None:
    extra = output if output["name"] == "x" else None
    document = {"schema": schema(output, extra), "data": [*ROW, data] if extra else data}
    assert bundle.json(document).text == csv + "\n"
    assert json.loads(bundle.json(document, JSON).body) == {"predictions": [{"features": value}]}
    assert json.loads(bundle.json(document, LINES).body) == {"features": value}
    words = value if isinstance(value, str) else csv.replace(",", " ")
    assert json.loads(bundle.json(document, TEXT).body) == {"source": words}


def test_lines_of_scalars_are_json_lines(bundle: Server) -> None:
    line = json.dumps({"schema": schema({"name": "sex", "type": "string"}), "data": [ROW, row_of(0, "F")]})
    answer = bundle.post(f"{line}\n{json.dumps({'data': row_of(0, 'I')})}", LINES, LINES)
    assert [json.loads(line) for line in answer.text.splitlines()] == [{"features": sex} for sex in "MFI"]


@pytest.mark.parametrize(
    ("brought", "value", "says"),
    [
        (schema({"name": "nope", "type": "double"}), ROW, "'nope'"),
        (schema({"name": "features", "type": "double"}), ROW, "a vector"),
        (schema({"name": "sex_index", "type": "double", "struct": "vector"}), ROW, "one double"),
        (schema({"name": "sex_index", "type": "string"}), ROW, "one double"),
        (schema({"name": "sex_index", "type": "int"}), ROW, "one double"),
        (schema({"name": "sex", "type": "double"}), ROW, "text"),
        (schema(names=NUMBERS), ROW[1:], "'sex'"),
        (schema(length="string"), ROW, "'length'"),
        (schema(length="decimal"), ROW, "'decimal'"),
        (schema(length="DOUBLE"), ROW, "'DOUBLE'"),
        (schema(sex="double"), row_of(0, 1), "unseen label '1.0'"),
        (schema(length="int"), ROW, "0.455"),
        (schema(extra={"name": "x", "type": "byte"}), [*ROW, 300], "300"),
        (schema(extra={"name": "x", "type": "boolean"}), [*ROW, "yes"], "'yes'"),
        (schema(extra={"name": "x", "type": "int", "struct": "vector"}), [*ROW, 1], "found 1"),
        (schema(extra={"name": "x", "type": "double", "struct": "matrix"}), [*ROW, 1], "'matrix'"),
        (schema(extra={"name": "length", "type": "double"}), [*ROW, 1], "twice"),
        ({"input": schema()["input"]}, ROW, "output"),
        ({"input": [1], "output": {}}, ROW, "name"),
        ("schema", ROW, "JSON"),
        (7, ROW, "SparkML schema"),
        (
            schema(names=NAMES[:-1], extra={"name": "shell_weight", "type": "double", "struct": "vector"}),
            [*ROW[:-1], [0.15, 1]],
            "'shell_weight'",
        ),
    ],
)
def test_schema_of_a_request_refused(bundle: Server, brought: Any, value: Any, says: str) -> None:
    answer = bundle.json({"schema": brought, "data": value})
    assert answer.status == 400
    assert says in answer.error["message"]


def test_types_that_a_request_declares(bundle: Server) -> None:
    whole = bundle.json({"schema": schema(length="int"), "data": row_of(1, 1)})
    assert vectors(whole) == [[*FEATURES[:2], 1.0, *FEATURES[3:]]]
    single = bundle.json({"schema": schema(length="float"), "data": ROW})
    assert vectors(single) == [[*FEATURES[:2], 0.45500001311302185, *FEATURES[3:]]]


def test_json_lines(bundle: Server) -> None:
    one = json.dumps({"data": ROW})
    other = json.dumps({"data": row_of(0, "F")})
    others = [0.0, 0.0, *FEATURES[2:]]
    for body in (f"{one}\n{other}", f"{one}\r\n{other}\r\n", f"\n{one}\n\n{other}\n\n", f"\ufeff{one}\n{other}"):
        for accept in (None, CSV, LINES, TEXT, JSON):
            assert vectors(bundle.post(body, LINES, accept)) == [FEATURES, others]
    together = json.dumps({"data": [ROW, row_of(0, "F")]})
    assert vectors(bundle.post(f"{one}\n{together}\n{one}", LINES, LINES)) == [FEATURES, FEATURES, others, FEATURES]


def test_first_line_decides_the_schema(bundle: Server) -> None:
    turned = json.dumps({"schema": schema(names=NAMES[::-1]), "data": ROW[::-1]})
    assert vectors(bundle.post(f"{turned}\n{json.dumps({'data': ROW[::-1]})}", LINES)) == [FEATURES] * 2
    late = json.dumps({"schema": schema({"name": "sex", "type": "string"}), "data": ROW})
    assert vectors(bundle.post(f"{json.dumps({'data': ROW})}\n{late}", LINES)) == [FEATURES] * 2


@pytest.mark.parametrize(
    ("lines", "row", "column", "says"),
    [
        (["{"], 1, None, "not JSON"),
        ([json.dumps({"data": ROW}), "{"], 2, None, "not JSON"),
        ([json.dumps({"data": ROW}) * 2], 1, None, "not JSON"),
        ([json.dumps(ROW)], 1, None, "a list"),
        ([json.dumps({"data": ROW}), '{"data":[]}'], 2, None, "at least one row"),
        ([json.dumps({"data": ROW}), "", json.dumps({"data": row_of(0, "Z")})], 2, "sex", "'Z'"),
        ([json.dumps({"data": [ROW, ROW]}), json.dumps({"data": row_of(3, "x")})], 3, "height", "'x'"),
        ([], None, None, "at least one row"),
        (["  "], None, None, "at least one row"),
    ],
)
def test_json_lines_refused(bundle: Server, lines: list[str], row: int | None, column: str | None, says: str) -> None:
    error = _refused(bundle.post("\n".join(lines), LINES), row, column)
    assert says in error["message"]


def test_predictions_as_the_xgboost_container_writes_them(regression: Server) -> None:
    score = regression.post(LINE).scores()[0]
    assert regression.post(LINE).text == f"{score!r}\n"
    two = f"{LINE}\n{LINE}"
    assert regression.post(two).text == f"{score!r}\n" * 2
    assert json.loads(regression.post(two, accept=JSON).body) == {"predictions": [{"score": score}] * 2}
    lines = regression.post(two, accept=LINES)
    assert lines.text.count("\n") == 2
    assert [json.loads(line) for line in lines.text.splitlines()] == [{"score": score}] * 2
    assert regression.post(two, accept=TEXT).body == lines.body


def test_a_chain_s_schema_names_the_booster_s_features(regression: Server) -> None:
    expected = regression.post(LINE).body
    assert regression.json({"schema": schema(), "data": ROW}).body == expected
    answer = regression.json({"schema": schema({"name": "sex_index", "type": "double"}), "data": ROW})
    assert answer.status == 400
    assert "'features'" in answer.error["hint"]


def test_nulls_where_the_contract_allows_them(server: Any) -> None:
    nullable = server("nullable")
    missing = nullable.post(cells((3, ""))).scores()
    assert nullable.json({"data": row_of(3, None)}).scores() == missing
    assert nullable.json({"schema": schema(), "data": row_of(3, None)}).scores() == missing
    assert nullable.post(cells((3, "NaN"))).scores() == missing
    _refused(nullable.post(cells((4, ""))), 1, "whole_weight")


def test_surplus_is_left_out_where_told_to(server: Any, bundle: Server) -> None:
    lenient = server("bundle", "--ignore-surplus")
    quoted = '"M",' + LINE.split(",", 1)[1]
    for body in (LINE, LINE + ",99,foo", f'{LINE},\n{quoted},"a,\n""b"\n{LINE},1\r\n'):
        answers = vectors(lenient.post(body))
        assert answers == [FEATURES] * len(answers)
    assert len(answers) == 3
    assert vectors(lenient.post((LINE + ",x\n") * 3000)) == [FEATURES] * 3000
    assert (
        vectors(lenient.json({"data": [[*ROW, 1], {**dict(zip(NAMES, ROW, strict=True)), "id": 1}]})) == [FEATURES] * 2
    )
    _refused(lenient.post(LINE.rsplit(",", 1)[0]), 1, None)
    _refused(lenient.post('"' + LINE + ",9"), 1, None)


def _refused(answer: Answer, row: int | None, column: str | None, row_may_differ: bool = False) -> dict[str, Any]:
    assert answer.status == 400, answer.text
    error = answer.error
    if not row_may_differ:
        assert (error.get("row"), error.get("column")) == (row, column), error
    assert len(answer.body) < 5000
    assert "\nTraceback" not in error["message"]
    return error
