"""MLeap's JVM runtime timed inside its JVM: a loop of method handles, so that no call from Python is counted."""

from __future__ import annotations

import time
from typing import Any

import jpype
import pyarrow as pa

from pipeline.java import java_home, libjvm
from pipeline.mleap.jars import RUNTIME, resolve
from pipeline.mleap.leap_encode import encode
from pipeline.mleap.runtime import JAVA


class MLeap:
    """MLeap's runtime in this process."""

    def __init__(self) -> None:
        jpype.startJVM(
            str(libjvm(java_home(JAVA))), "-XX:-UsePerfData", "-Xmx6g", classpath=[str(one) for one in resolve(RUNTIME)]
        )
        runtime = "ml.combust.mleap.runtime."
        self._context = jpype.JClass(runtime + "javadsl.ContextBuilder")().createMleapContext()
        self._bundles = jpype.JClass(runtime + "javadsl.BundleBuilder")()
        self._reader = jpype.JClass("ml.combust.mleap.binary.DefaultFrameReader")()
        self._charset = jpype.JClass(runtime + "serialization.BuiltinFormats").charset()

    def load(self, path: str) -> Any:
        """The transformer of a bundle."""
        return self._bundles.load(jpype.JClass("java.io.File")(path), self._context).root()

    def frame(self, table: pa.Table) -> Any:
        """The rows as a leap frame in the JVM."""
        content = encode(table.combine_chunks().to_batches()[0])
        return self._reader.fromBytes(jpype.JArray(jpype.JByte)(content), self._charset).get()

    def seconds(self, transformer: Any, frame: Any, times: int) -> float:
        """How long `times` transforms of the frame take, the transformed columns thrown away."""
        loop = self._loop(transformer, frame, times)
        started = time.perf_counter()
        loop.invokeWithArguments(jpype.JClass("java.util.ArrayList")())
        return time.perf_counter() - started

    def _loop(self, transformer: Any, frame: Any, times: int) -> Any:
        handles = jpype.JClass("java.lang.invoke.MethodHandles")
        types = jpype.JClass("java.lang.invoke.MethodType")
        builder = jpype.JClass("ml.combust.mleap.runtime.frame.FrameBuilder")
        kind = jpype.JClass("ml.combust.mleap.runtime.frame.Transformer")
        result = jpype.JClass("scala.util.Try")
        found = handles.publicLookup().findVirtual(kind, "transform", types.methodType(result, builder))
        bound = handles.insertArguments(found, 0, transformer, frame)
        getter = handles.publicLookup().findVirtual(result, "get", types.methodType(jpype.JClass("java.lang.Object")))
        once = handles.filterReturnValue(bound, getter)
        nothing = once.asType(types.methodType(jpype.JClass("java.lang.Void").TYPE))
        body = handles.dropArguments(nothing, 0, jpype.JClass("java.lang.Integer").TYPE)
        return handles.countedLoop(
            handles.constant(jpype.JClass("java.lang.Integer").TYPE, jpype.JInt(times)), None, body
        )
