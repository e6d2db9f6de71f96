"""Bundle.ML: fitted Spark pipelines written without a jar, and bundles of any MLeap version read.

`write_bundle(pipeline_model, path)` writes; `read_bundle(path)` reads.
"""

from pipeline.bundle.reader import Bundle, read_bundle
from pipeline.bundle.writer import write_bundle

__all__ = ["Bundle", "read_bundle", "write_bundle"]
