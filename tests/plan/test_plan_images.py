"""Image URIs: those of the SageMaker SDK in every region, without its import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pipeline.errors import ConfigError
from pipeline.plan.images import _TABLES, _table, image_uri

# The SDK is asked in a process of its own: importing it takes seconds, and warns. That it reads botocore's table of
# endpoints anew for each question is left out here.
ASK = """
import functools, json, sys
from sagemaker.core import image_uris
image_uris.utils._botocore_resolver = functools.cache(image_uris.utils._botocore_resolver)
asked = json.load(sys.stdin)
print(json.dumps([image_uris.retrieve(name, region, version=version, **rest) for name, version, region, rest in asked]))
"""


def combinations() -> list[tuple[str, str, str]]:
    found = []
    for image, (table, use) in _TABLES.items():
        document = _table(table) if use is None else _table(table)[use]
        for version, entry in document["versions"].items():
            found += [(image, version, region) for region in entry["registries"]]
    return found


def test_every_uri_is_that_of_the_sdk() -> None:
    asked = combinations()
    assert len(asked) > 500
    scopes = {"xgboost": {"image_scope": "training"}}
    lines = [(_TABLES[image][0], version, region, scopes.get(image, {})) for image, version, region in asked]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    expected = json.loads(done.stdout.splitlines()[-1])
    assert [image_uri(*one) for one in asked] == expected


def test_serving_has_the_same_xgboost_as_training() -> None:
    document = _table("xgboost")
    for version in ("1.7-1", "3.2-0"):
        assert document["inference"]["versions"][version] == document["training"]["versions"][version]


def test_a_uri_stays_as_it_is() -> None:
    own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    assert image_uri("xgboost", own, "nowhere-1") == own


@pytest.mark.parametrize(
    ("image", "version", "region", "words"),
    [
        ("spark", "9.9", "eu-west-1", ["sagemaker.images.spark", "'9.9'", "versions: 2.4, 3.0"]),
        ("xgboost", "3.2-0", "moon-1", ["sagemaker.images.xgboost", "'moon-1'", "regions: af-south-1"]),
    ],
)
def test_what_aws_does_not_have_is_refused(image: str, version: str, region: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        image_uri(image, version, region)
    for word in words:
        assert word in str(caught.value)
