"""The pages of a service with real jobs, models and endpoints, as a parser and as a real browser see them."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from browser_cases import CHROMIUM, Browser
from endpoint_cases import MODELS, XGBOOST, config, variant
from model_cases import FEATURE_NAMES, SCHEMA, abalone_nodes, features_of, files_of, raw, table_of, train
from service_cases import ROLE, SECONDS, Service, processing_request
from training_cases import channel, csv_rows, training_request
from tuning_cases import METRIC, integer, tuning_request

from pipeline.operators.base import Node, Shape
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.values import to_json
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.scoring.manifest import Manifest

HOSTILE = "</text></svg></pre><script>alert('größe 😀')</script><img src=x onerror=alert(1)>"
ROWS = "M,0.5,3\ngröße,1.25,7\n"
_VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """A page taken apart; every element is closed where it has to be."""

    def __init__(self, status: int, headers: dict[str, str], text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.status, self.headers = status, headers
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.texts: list[tuple[str, dict[str, str], str]] = []
        self._attributes: list[dict[str, str]] = []
        self.feed(text)
        self.close()
        assert not self._open, [name for name, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in _VOID:
            self._open.append((tag, []))
            self._attributes.append(attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        name, parts = self._open.pop()
        assert name == tag, f"</{tag}> closes <{name}>"
        self.texts.append((name, self._attributes.pop(), "".join(parts)))

    def handle_data(self, data: str) -> None:
        for _, parts in self._open:
            parts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of the elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str, **wanted: str) -> str:
        """What the first element of a name and attributes says."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in wanted.items()}
        return next(text for name, found, text in self.texts if name == tag and wanted.items() <= found.items())


def fetch(service: Service, path: str, method: str = "GET", body: str = "", **headers: str) -> Page:
    """A page as a browser asks for it; headers on top with `_` for `-`."""
    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=SECONDS)) as connection:
        sent = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body.encode() or None, sent)
        reply = connection.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Page(reply.status, found, reply.read().decode())


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def empty() -> list[Page]:
    """The first page before anything was asked for."""
    return []


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, empty: list[Page]) -> Iterator[Service]:
    """A service with a training, a failed and a tuning job, three models and an endpoint."""
    running = Service(tmp_path_factory.mktemp("pages") / "data")
    empty.append(fetch(running, "/"))
    _fill(running, tmp_path_factory.mktemp("archives"))
    yield running
    assert running.stop() == 0, running.log.read_text()


def _fill(service: Service, folder: Path) -> None:
    s3, client = service.client("s3"), service.client("sagemaker")
    s3.create_bucket(Bucket="models")
    table = table_of(100)
    booster = raw(train(features_of(table), {}))
    hostile = Node("last", VectorAssembler([4], "keep"), Shape({"input0": "features"}, {"output": HOSTILE}))
    files = files_of([*abalone_nodes(), hostile])
    schema = to_json(SCHEMA.to_dict()).encode()
    for name, path in {
        "fused": fused_archive(files, booster, SCHEMA, Manifest("features", FEATURE_NAMES), folder / "f.tar.gz"),
        "bundle": sparkml_archive({**files, "schema.json": schema}, folder / "s.tar.gz"),
        "booster": xgboost_archive(booster, folder / "x.tar.gz"),
    }.items():
        s3.upload_file(str(path), "models", f"{name}/model.tar.gz")
    for name, rows in {
        "rows": ROWS,
        "train": csv_rows(60),
        "validation": csv_rows(30, 2),
        "bad": f"1,2,3\n4,{HOSTILE},6\n",
    }.items():
        s3.put_object(Bucket="models", Key=f"{name}/part.csv", Body=rows.encode())
    for name in ("fused", "pair"):
        client.create_model(**MODELS[name], ExecutionRoleArn=ROLE)
    lost = {"Image": XGBOOST, "ModelDataUrl": "s3://models/lost.tar.gz", "Environment": {"NOTE": HOSTILE}}
    client.create_model(ModelName="lost", PrimaryContainer=lost, ExecutionRoleArn=ROLE)
    client.create_endpoint_config(**config(variant("fused")))
    client.create_endpoint(EndpointName="abalone", EndpointConfigName="config")
    client.create_training_job(**training(client, "trained", Environment={"NOTE": HOSTILE}))
    client.create_training_job(**training_request("broken", "s3://models", [channel("train", "s3://models/bad")]))
    ranges = {"IntegerParameterRanges": [integer("max_depth", 1, 6)]}
    static = {"num_round": "3", "nthread": "1"}
    tuning = tuning_request("search", _channels(), "s3://models", ranges, jobs=2, static=static)
    client.create_hyper_parameter_tuning_job(**tuning)
    client.create_processing_job(**processing_request("prepare", "s3://models/none/job.py", "--note", HOSTILE))
    client.create_transform_job(**_TRANSFORM)
    client.get_waiter("endpoint_in_service").wait(EndpointName="abalone", WaiterConfig={"Delay": 1})
    until(lambda: state(client, "search") == "Completed")
    for name in ("trained", "broken"):
        until(lambda name=name: training_state(client, name) != "InProgress")
    client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="scored", WaiterConfig={"Delay": 1})
    made = client.describe_training_job(TrainingJobName="trained")["ModelArtifacts"]["S3ModelArtifacts"]
    own = {"Image": XGBOOST, "ModelDataUrl": made}
    client.create_model(ModelName="trained", PrimaryContainer=own, ExecutionRoleArn=ROLE)


_TRANSFORM = {
    "TransformJobName": "scored",
    "ModelName": "fused",
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/rows"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    },
    "TransformOutput": {"S3OutputPath": "s3://models/scores", "AssembleWith": "Line"},
    "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
}


def _channels() -> list[dict[str, Any]]:
    return [channel(name, f"s3://models/{name}") for name in ("train", "validation")]


def training(client: Any, name: str, **more: Any) -> dict[str, Any]:
    return training_request(name, "s3://models", _channels(), **more)


def training_state(client: Any, name: str) -> str:
    return str(client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"])


def state(client: Any, name: str) -> str:
    found = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return str(found["HyperParameterTuningJobStatus"])


@pytest.fixture(scope="module")
def pages(service: Service) -> dict[str, Page]:
    """All pages that links lead to from the first, by path and query."""
    found: dict[str, Page] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        found[path] = fetch(service, path)
        for link in found[path].all("a"):
            to = urljoin(path, link["href"]).partition("#")[0]
            if to not in found and to not in waiting:
                waiting.append(to)
    return found


def test_the_first_page_of_a_new_service_says_how_to_begin(service: Service, empty: list[Page]) -> None:
    said = empty[0].text("main")
    assert f"export AWS_ENDPOINT_URL={service.url}\n" in said
    assert "export AWS_SECRET_ACCESS_KEY=" in said
    assert empty[0].all("table") == []


def test_every_link_leads_to_a_page(pages: dict[str, Page], service: Service) -> None:
    assert {path: page.status for path, page in pages.items() if page.status != 200} == {}
    names = {urlsplit(path).path for path in pages}
    started = service.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="search"
    )["TrainingJobSummaries"]
    jobs = {f"/-/jobs/training/{one['TrainingJobName']}" for one in started}
    jobs |= {"/-/jobs/training/trained", "/-/jobs/training/broken", "/-/jobs/tuning/search"}
    jobs |= {"/-/jobs/processing/prepare", "/-/jobs/transform/scored"}
    models = {f"/-/models/{name}" for name in ("fused", "pair", "lost", "trained")}
    assert names == {"/", "/-/endpoints/abalone"} | jobs | models


def test_every_page_is_sound_and_safe(pages: dict[str, Page], service: Service) -> None:
    loaded = set()
    for path, page in pages.items():
        names = [tag for tag, _ in page.elements]
        assert [names.count(tag) for tag in ("h1", "main", "title")] == [1, 1, 1], path
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        for tag, attributes in page.elements:
            assert not any(name.startswith("on") or name == "style" for name in attributes), (path, tag, attributes)
            for name in ("aria-labelledby", "aria-describedby", "for"):
                assert attributes.get(name, ids[0]) in ids, (path, attributes)
            loaded |= {attributes[name] for name in ("src",) if name in attributes}
        loaded |= {link["href"] for link in page.all("link")}
        labelled = {label["for"] for label in page.all("label")}
        assert {one["id"] for tag in ("select", "textarea") for one in page.all(tag)} == labelled
        assert names.count("table") == names.count("caption"), path
        assert all("scope" in heading for heading in page.all("th")), path
        assert all(script == {"src": "/-/live.js", "defer": ""} for script in page.all("script")), path
        assert "img" not in names
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
    assert loaded <= {"/-/style.css", "/-/icon.svg", "/-/live.js"}
    for name in ("style.css", "icon.svg", "live.js"):
        assert fetch_raw(service, f"/-/{name}") == 200


def fetch_raw(service: Service, path: str, **headers: str) -> int:
    with closing(http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=SECONDS)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status


def test_a_trained_job(pages: dict[str, Page], service: Service) -> None:
    page = pages["/-/jobs/training/trained"]
    described = service.client("sagemaker").describe_training_job(TrainingJobName="trained")
    said = page.text("main")
    assert "Completed" in page.text("div", id="state")
    steps = [text for tag, found, text in page.texts if (tag, found.get("class")) == ("span", "step")]
    assert steps == [step["Status"] for step in described["SecondaryStatusTransitions"]]
    assert steps[-1] == "Completed"
    finals = {one["MetricName"]: one["Value"] for one in described["FinalMetricDataList"]}
    metrics = page.text("section", id="metrics")
    assert METRIC in finals
    for name, value in finals.items():
        assert re.search(rf"{name}\s+{float(f'{value:.4g}'):g}", metrics)
    assert len(page.all("polyline")) == len(finals)
    assert "[4]\ttrain-rmse:" in page.text("section", id="log")
    assert described["ModelArtifacts"]["S3ModelArtifacts"] in said
    assert HOSTILE in said
    assert {"/-/models/trained"} <= {link["href"] for link in page.all("a")}
    # It has ended: nothing renews its page.
    assert page.all("script") == []


def test_a_failed_job_says_why_in_its_own_words(pages: dict[str, Page], service: Service) -> None:
    page = pages["/-/jobs/training/broken"]
    reason = service.client("sagemaker").describe_training_job(TrainingJobName="broken")["FailureReason"]
    assert "<script>alert('größe 😀')</script>" in reason
    assert reason in page.text("p", class_="notice bad")
    assert "<script>alert('größe 😀')</script>" in page.text("section", id="log")


def test_other_jobs_tell_what_they_were_asked_for(pages: dict[str, Page]) -> None:
    prepare, scored = pages["/-/jobs/processing/prepare"], pages["/-/jobs/transform/scored"]
    assert "No S3 objects found" in prepare.text("p", class_="notice bad")
    request = prepare.text("main").partition("Request")[2]
    assert f"smspark-submit /opt/ml/processing/input/code/job.py --note {HOSTILE}" in request
    assert "s3://models/none/job.py" in prepare.text("table")
    assert "Completed" in scored.text("div", id="state")
    assert {"/-/models/fused"} <= {link["href"] for link in scored.all("a")}
    assert {"/-/jobs/transform/scored"} <= {link["href"] for link in pages["/-/models/fused"].all("a")}
    assert [name in scored.text("main") for name in ("s3://models/rows", "s3://models/scores")] == [True, True]


def test_a_tuning_job_has_its_best_first(pages: dict[str, Page], service: Service) -> None:
    client = service.client("sagemaker")
    page = pages["/-/jobs/tuning/search"]
    listed = client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="search", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending"
    )["TrainingJobSummaries"]
    best = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="search")["BestTrainingJob"]
    links = [text for tag, found, text in page.texts if found.get("href", "").startswith("/-/jobs/training/")]
    assert links == [one["TrainingJobName"] for one in listed]
    assert links[0] == best["TrainingJobName"]
    marked = next(text for tag, found, text in page.texts if found.get("class") == "best")
    assert marked.startswith(f"{links[0]} best")
    assert [found.get("class") for tag, found, _ in page.texts if tag == "tr"].count("best") == 1


def test_a_model_is_the_picture_of_its_bundle(pages: dict[str, Page]) -> None:
    for name, pictures in (("fused", 1), ("pair", 1), ("trained", 0), ("lost", 0)):
        assert len(pages[f"/-/models/{name}"].all("svg")) == pictures, name
    fused = pages["/-/models/fused"]
    drawn = [text for tag, _, text in fused.texts if tag == "text"]
    nodes = ["string_indexer", "index", "one_hot_encoder", "hot", "vector_assembler", "features", "vector_assembler"]
    assert drawn == ["sex", "x", "n", *nodes, HOSTILE]
    booster = dict(re.findall(r"(Trees|Features|Objective)\s*(\S+)", fused.text("section").partition("Booster")[2]))
    assert booster == {"Objective": "reg:squarederror", "Trees": "8", "Features": "4"}
    assert "/-/endpoints/abalone" in {link["href"] for link in fused.all("a")}
    assert "/-/jobs/training/trained" in {link["href"] for link in pages["/-/models/trained"].all("a")}
    lost = pages["/-/models/lost"]
    assert "Not Found" in lost.text("p", class_="notice warn")
    assert HOSTILE in lost.text("table")


def send(service: Service, body: str, content_type: str = "text/csv", **headers: str) -> Page:
    """The form of the endpoint's page."""
    form = urlencode({"content_type": content_type, "body": body.replace("\n", "\r\n")})
    sent = {"Content_Type": "application/x-www-form-urlencoded", **headers}
    return fetch(service, "/-/endpoints/abalone", "POST", form, **sent)


def test_the_form_answers_as_invoke_endpoint(service: Service) -> None:
    runtime = service.client("sagemaker-runtime")
    row = fetch(service, "/-/endpoints/abalone").text("textarea").lstrip("\n")
    assert row == "M,0.5,1"
    for body, kind in ((ROWS, "text/csv"), (row, "text/csv"), ('{"data": ["M", 0.5, 3]}', "application/json")):
        expected = runtime.invoke_endpoint(EndpointName="abalone", Body=body.encode(), ContentType=kind)
        page = send(service, body, kind, Origin=service.url)
        assert page.status == 200
        assert page.text("h3", id="answer-title") == "200 OK"
        assert page.text("pre", aria_label="The answer") == expected["Body"].read().decode()
        assert page.text("textarea").lstrip("\n").replace("\r\n", "\n") == body
        assert "AllTraffic" in page.text("div", id="answer")


def test_the_form_says_what_is_wrong(service: Service) -> None:
    page = send(service, f"M,0.5,3\n{HOSTILE},0.5,3\n", Sec_Fetch_Site="same-origin")
    assert page.text("h3", id="answer-title") == "424 Failed Dependency"
    assert re.match(r"row 2, column 'sex': unseen label .*<script>", page.text("p", class_="words"))
    assert "unsupported" not in page.text("main")
    assert send(service, "", Origin=service.url).text("h3", id="answer-title").startswith("424 ")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1", "Sec_Fetch_Site": "same-origin"},
    ],
    ids=str,
)
def test_forms_of_other_pages_are_refused(service: Service, headers: dict[str, str]) -> None:
    assert send(service, ROWS, **headers).status == 403


def test_what_is_not_there_is_said(service: Service) -> None:
    for path in ("/-/", "/-/x", "/-/jobs/training/none", "/-/jobs/x/trained", "/-/models/%3Cb%3E", "/-/../-/page.j2"):
        page = fetch(service, path)
        assert page.status == 404, path
        assert page.headers["content-type"].startswith("text/html")
    assert "<b>" in fetch(service, "/-/models/%3Cb%3E").text("p", class_="lead words")
    assert fetch(service, "/-/models/fused", "POST", "a=b", Origin=service.url).status == 405
    assert fetch(service, "/-/endpoints/none", "POST", "a=b", Origin=service.url).status == 404
    assert fetch(service, "/-/endpoints/abalone", "DELETE", Origin=service.url).status == 405


def test_s3_is_where_it_was(service: Service) -> None:
    assert [one["Name"] for one in service.client("s3").list_buckets()["Buckets"]] == ["models"]
    host = urlsplit(service.url).netloc
    assert fetch_raw(service, "/-/style.css", Host=f"models.localhost:{host.rpartition(':')[2]}") in {403, 404}


@pytest.fixture(scope="module")
def browser(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


LOOKS = [(width, dark, scripts) for width in (1280, 400) for dark, scripts in ((False, True), (True, False))]


@pytest.mark.parametrize(("width", "dark", "scripts"), LOOKS)
def test_pages_in_a_browser(browser: Browser, service: Service, width: int, dark: bool, scripts: bool) -> None:
    browser.look(width, dark=dark, scripts=scripts)
    for path in ("/", "/-/jobs/training/broken", "/-/jobs/tuning/search", "/-/models/pair", "/-/endpoints/abalone"):
        browser.open(service.url + path)
        assert browser.content_width() <= width, path
        colours = browser.value("getComputedStyle(document.body).backgroundColor")
        assert (max(map(int, re.findall(r"\d+", colours))) < 128) is dark
        assert browser.value("document.querySelector('h1').getBoundingClientRect().height > 20")
        # What is wider than the window has a box of its own to be moved in, with the keyboard too.
        wide = "[...document.querySelectorAll('main *')].filter(one => one.scrollWidth > one.clientWidth + 1 && "
        wide += "getComputedStyle(one).overflowX === 'auto' && one.tabIndex < 0).length"
        assert browser.value(wide) == 0, path
    browser.open(f"{service.url}/-/jobs/training/trained")
    # The newest line is in sight, with scripts and without.
    assert browser.value(
        "(() => { const box = document.querySelector('.log'), last = box.querySelector('li:last-child');"
        "return last.getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom })()"
    )
    assert browser.problems == []


def test_the_form_in_a_browser_without_scripts(browser: Browser, service: Service) -> None:
    browser.look(400, scripts=False)
    browser.open(f"{service.url}/-/endpoints/abalone")
    browser.value("document.querySelector('button').click()")
    browser.loaded()
    sent = {"EndpointName": "abalone", "Body": b"M,0.5,1", "ContentType": "text/csv"}
    expected = service.client("sagemaker-runtime").invoke_endpoint(**sent)["Body"].read().decode()
    assert browser.value("document.querySelector('#answer pre').textContent") == expected
    assert browser.content_width() <= 400
    assert browser.problems == []


def test_a_running_jobs_page_renews_itself(browser: Browser, service: Service) -> None:
    client = service.client("sagemaker")
    endless = {"num_round": "90000000", "nthread": "1"}
    client.create_training_job(**training(client, "endless", hyperparameters=endless))
    page = fetch(service, "/-/jobs/training/endless")
    assert page.all("script") == [{"src": "/-/live.js", "defer": ""}]
    assert "refresh" in {meta.get("http-equiv") for meta in page.all("meta")}
    browser.look(1280)
    browser.open(f"{service.url}/-/jobs/training/endless")
    browser.until("document.querySelector('.log li:last-child')?.textContent.includes('train-rmse') ?? false")
    # The page may be renewing itself between two looks.
    last = "document.querySelector('.log li:last-child')?.textContent"
    browser.until(f"(window.opened = true) && (window.line = {last})")
    browser.until(f"({last} ?? window.line) !== window.line")
    client.stop_training_job(TrainingJobName="endless")
    browser.until("document.querySelector('#state .status')?.textContent === 'Stopped'")
    assert browser.value("window.opened === true"), "the page was loaded anew"
    assert browser.problems == []
    assert fetch(service, "/-/jobs/training/endless").all("script") == []
