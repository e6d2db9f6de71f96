"""The processing job as a job of AWS Glue: `preprocess.py` behind Glue's arguments, session and commit.

    --S3_SOURCE s3://bucket/rows/ --S3_DEST s3://bucket/etl --TRAIN_KEY train/ --VAL_KEY validation/ --schema s3://...

Glue gives each argument as `--NAME value`: flags have true or false. All arguments of preprocess.py are taken, of which
S3_SOURCE, S3_DEST, TRAIN_KEY and VAL_KEY are other names. Where Glue's own library is missing the job runs on plain
Spark. Unlike a processing job it writes to S3 itself: what an earlier run left is removed first, and what a failed one
has written is removed at its end.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, Iterator, List, Optional

if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    # A script's own folder comes first and would hide the user's modules.
    del sys.path[0]

from pipeline.errors import ConfigError, PipelineError, RequirementError
from spark_jobs import hadoop, preprocess, program

_NAMES = {
    "--S3_SOURCE": "--input",
    "--S3_DEST": "--output",
    "--TRAIN_KEY": "--train-key",
    "--VAL_KEY": "--validation-key",
}
_FLAGS = ("--header", "--requests")
_TRUTH = {"true": True, "false": False}
# What the job writes beside the two channels.
_OUTPUTS = ("test", "requests", "verification", "model.tar.gz", "schema.json", "summary.json")
# The first Spark whose functions the job uses.
_OLDEST = (3, 4)


def main(argv: Optional[List[str]] = None) -> None:
    """Runs the job; a failure is raised, for what a script ends with is the ErrorMessage of Glue's run."""
    words = sys.argv[1:] if argv is None else argv
    try:
        options = program.parse(preprocess.parser(), spelled(words))
        targets = places(options)
        with session(words) as spark:
            run(spark, options, targets)
    except PipelineError as error:
        sys.stderr.write(f"error: {error}\n")
        raise


def spelled(words: List[str]) -> List[str]:
    """Glue's arguments as preprocess.py takes them; raises ConfigError for a flag that is neither true nor false."""
    found: List[str] = []
    waiting = iter(words)
    for word in waiting:
        if word not in _FLAGS:
            found.append(_NAMES.get(word, word))
            continue
        value = next(waiting, "")
        if value.lower() not in _TRUTH:
            raise ConfigError(f"{word} {value!r}", hint="Glue gives every argument a value: true or false")
        found += [word] * _TRUTH[value.lower()]
    return found


def places(options: Namespace) -> List[str]:
    """All that the job writes, by URI; sets the channels' keys to plain ones.

    Raises ConfigError where one would hold another, the input or the whole output: they are removed before.
    """
    options.output = options.output.rstrip("/")
    options.train_key, options.validation_key = options.train_key.strip("/"), options.validation_key.strip("/")
    keys = [options.train_key, options.validation_key, *_OUTPUTS]
    for at, key in enumerate(keys):
        if not key or ".." in key.split("/"):
            raise ConfigError(f"{key!r} is no key below {options.output}")
        clash = next((other for other in keys[at + 1 :] if _overlap(key, other)), None)
        if clash is not None:
            raise ConfigError(f"the keys {key!r} and {clash!r} are one place", hint="name others")
    targets = [f"{options.output}/{key}" for key in keys]
    for target in targets:
        if _overlap(target, options.input):
            raise ConfigError(f"the job writes {target}, and reads {options.input}", hint="name another S3_DEST")
    return targets


def run(spark: Any, options: Namespace, targets: List[str]) -> None:
    """The job on a session that is there already: all of its outputs, or none. Raises PipelineError."""
    version = tuple(int(part) for part in spark.version.split(".")[:2])
    if version < _OLDEST:
        raise RequirementError(
            f"Spark {spark.version} is too old, as Glue 4.0 has it", hint="set the job's GlueVersion to 5.0 or newer"
        )
    _remove(spark, targets)
    try:
        preprocess.run(spark, options)
    except BaseException:
        # What stays where Spark itself has ended, the next run removes.
        with suppress(Exception):
            _remove(spark, targets)
        raise


@contextmanager
def session(words: List[str]) -> Iterator[Any]:
    """Spark, from Glue's context where there is one; Glue's job is committed only where nothing has failed."""
    if find_spec("awsglue") is None:
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.appName("glue_etl").getOrCreate()
        try:
            yield spark
        finally:
            spark.stop()
        return
    from awsglue.context import GlueContext  # type: ignore[import-not-found]
    from awsglue.job import Job  # type: ignore[import-not-found]
    from awsglue.utils import getResolvedOptions  # type: ignore[import-not-found]
    from pyspark.context import SparkContext

    context = GlueContext(SparkContext.getOrCreate())
    resolved = getResolvedOptions(["glue_etl.py", *words], ["JOB_NAME"])
    job = Job(context)
    job.init(resolved["JOB_NAME"], resolved)
    yield context.spark_session
    job.commit()


def _overlap(one: str, other: str) -> bool:
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)


def _remove(spark: Any, targets: List[str]) -> None:
    for target in targets:
        hadoop.remove(spark, target)


if __name__ == "__main__":
    main()
