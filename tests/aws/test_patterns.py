"""The patterns of botocore's models in Python: all of them compile, and mean what they mean in Java."""

from __future__ import annotations

import re

import pytest

from pipeline.aws.patterns import satisfies
from pipeline.aws.service_model import service_model


def patterns(service: str) -> set[str]:
    model = service_model(service)
    shapes = (model.shape_for(name) for name in model.shape_names)
    return {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime"])
def test_every_pattern_is_read(service: str) -> None:
    found = patterns(service)
    assert found
    for pattern in found:
        assert satisfies(pattern, "") in (True, False)


def test_those_that_python_cannot_read_are_translated() -> None:
    foreign = set()
    for pattern in patterns("sagemaker"):
        try:
            re.compile(pattern)
        except re.error:
            foreign.add(pattern)
    assert len(foreign) >= 9, "botocore's patterns have become Python's: the translation may go"


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a-b", True),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a-", False),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a\n", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "größe 1", True),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "a*", False),
        (r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}", "größe", True),
        (r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}", "größe!", False),
        (
            r"arn:[\p{Alnum}\-]+:lambda:[\p{Alnum}\-]+:[0-9]{12}:function:.*",
            "arn:aws:lambda:eu:123456789012:function:f",
            True,
        ),
        (
            r"arn:[\p{Alnum}\-]+:lambda:[\p{Alnum}\-]+:[0-9]{12}:function:.*",
            "arn:äws:lambda:eu:123456789012:function:f",
            False,
        ),
        ("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*", "a\t😀", True),
        ("[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*", "a\x00", False),
        (".*", "a\rb", False),
        (".*", "a\u2028b", False),
        (r"[\S\s]*", "a\nb", True),
        (r"\d{1,4}.\d{1,4}.\d{1,4}", "1.2.3", True),
        (r"\d{1,4}.\d{1,4}.\d{1,4}", "١.٢.٣", False),
        (r"(?!\s*$).+", "  ", False),
        (r"(https|s3)://([^/])/?(.*)", "s3://bucket/key.csv", True),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern: str, value: str, fits: bool) -> None:
    assert satisfies(pattern, value) is fits
