"""MLeap's Java API inside this process: one JVM, for as long as the process lives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jpype
import numpy as np


class Jvm:
    """A started JVM with MLeap's runtime in it. Java's exceptions pass through as jpype.JException."""

    def __init__(self, library: str, jars: Sequence[str]) -> None:
        # No file in the temp folder that a killed process would leave behind.
        jpype.startJVM(library, "-XX:-UsePerfData", classpath=list(jars))
        runtime = "ml.combust.mleap.runtime."
        self._context = jpype.JClass(runtime + "javadsl.ContextBuilder")().createMleapContext()
        self._bundles = jpype.JClass(runtime + "javadsl.BundleBuilder")()
        self._frames = jpype.JClass(runtime + "javadsl.LeapFrameSupport")()
        self._reader = jpype.JClass("ml.combust.mleap.binary.DefaultFrameReader")()
        self._writer = jpype.JClass("ml.combust.mleap.binary.DefaultFrameWriter")
        self._charset = jpype.JClass(runtime + "serialization.BuiltinFormats").charset()

    def load(self, path: str) -> Any:
        """The transformer of a bundle: a folder or a `.zip`."""
        return self._bundles.load(jpype.JClass("java.io.File")(path), self._context).root()

    def transform(self, transformer: Any, frame: bytes, columns: Sequence[str] | None) -> bytes:
        """A binary leap frame transformed; of its columns only those named, where any are."""
        data = jpype.JArray(jpype.JByte)(np.frombuffer(frame, np.int8))
        result = transformer.transform(self._reader.fromBytes(data, self._charset).get()).get()
        if columns is not None:
            result = self._frames.select(result, jpype.JClass("java.util.ArrayList")(list(columns)))
        return np.asarray(self._writer(result).toBytes(self._charset).get()).tobytes()


def reason(error: jpype.JException) -> str:
    """Class and message of the exception that began it all."""
    while (cause := error.getCause()) is not None:
        error = cause
    message = error.getMessage()
    name = str(error.getClass().getSimpleName())
    return name if message is None else f"{name}: {message}"
