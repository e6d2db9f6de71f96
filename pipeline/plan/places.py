"""Where a run's files are: in S3, and in the containers of its jobs."""

from __future__ import annotations

from dataclasses import dataclass

PROCESSING = "/opt/ml/processing"
# Where AWS's Spark image looks for its settings and writes its event log.
CONFIGURATION = f"{PROCESSING}/input/conf"
EVENTS = f"{PROCESSING}/spark-events"
CHECKPOINTS = "/opt/ml/checkpoints"
# In the archive of layout fused.
CODE = "/opt/ml/model/code"
PROGRAM = "inference.py"


@dataclass(frozen=True)
class Places:
    """The keys of one run, all below `root`."""

    root: str

    def __call__(self, *parts: str) -> str:
        """The URI of a file, or of a folder where the last part is empty."""
        return "/".join((self.root, *parts))

    @property
    def etl(self) -> str:
        """The output of the Spark job."""
        return self("etl")

    def files(self, folder: str) -> str:
        """The files that Spark wrote into a folder of its output, without its markers and checksums beside them.

        A prefix of keys, not a folder: every key that begins so.
        """
        return f"{self.etl}/{folder}/part-"

    @property
    def bundle(self) -> str:
        """The MLeap bundle, as AWS's SparkML image takes it."""
        return self("etl", "model.tar.gz")

    def trained(self, job: str) -> str:
        """The archive that a training job leaves."""
        return self("training", job, "output", "model.tar.gz")

    def model(self, layout: str) -> str:
        """An archive that is packed after training."""
        return self("model", layout, "model.tar.gz")
