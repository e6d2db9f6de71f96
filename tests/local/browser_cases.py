"""A real browser, driven by its DevTools protocol over a pipe: what it lays out, what it complains of."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_SECONDS = 60
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class NavigatedError(Exception):
    """The page went away while it was asked."""


class Browser:
    """One tab. `problems` are the errors that pages put on the console, refused styles and scripts among them."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        (heard, self._write), (self._read, said) = os.pipe(), os.pipe()
        # The browser reads from descriptor 3 and writes to 4: others must not be in the way.
        ours = [fcntl.fcntl(each, fcntl.F_DUPFD, 20) for each in (heard, said)]
        command = [CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ours[0]} 4>&{ours[1]}', "bash", *command],
            pass_fds=ours,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for each in (heard, said, *ours):
            os.close(each)
        self._buffer, self._number, self._session = b"", 0, ""
        self._events: list[dict[str, Any]] = []
        self.problems: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Ends the browser."""
        self.call("Browser.close", session=False)
        self._process.wait(_SECONDS)
        os.close(self._read)
        os.close(self._write)

    def call(self, method: str, *, session: bool = True, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session and session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (said := self._next()).get("id") != self._number:
            self._events.append(said)
        if "navigated" in said.get("error", {}).get("message", ""):
            raise NavigatedError
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    def look(self, width: int, *, dark: bool = False, scripts: bool = True) -> None:
        """How the next pages are shown."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def open(self, url: str) -> None:
        """Goes to a page, and returns when it is there with all that it loads."""
        self._events.clear()
        failed = self.call("Page.navigate", url=url).get("errorText")
        assert failed is None, failed
        self.loaded()

    def loaded(self) -> None:
        """Waits for the load that is under way."""
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())
        self._events.clear()

    def value(self, expression: str) -> Any:
        """What an expression is in the page; works where the page's own scripts do not run."""
        reply = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in reply, reply
        return reply["result"].get("value")

    def until(self, expression: str) -> Any:
        """Waits until an expression is true."""
        deadline = time.monotonic() + _SECONDS
        found = None
        while not found:
            assert time.monotonic() < deadline, expression
            # The load that `open` saw may have been that of the page before.
            with contextlib.suppress(NavigatedError):
                found = self.value(expression)
            time.sleep(0 if found else 0.1)
        return found

    def content_width(self) -> float:
        """How wide the page's content is: above the window's width it can be scrolled sideways."""
        width: float = self.call("Page.getLayoutMetrics")["cssContentSize"]["width"]
        return width

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        self._note(said)
        return said

    def _note(self, said: dict[str, Any]) -> None:
        method, parameters = said.get("method"), said.get("params", {})
        if method == "Runtime.exceptionThrown" or (
            method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}
        ):
            self.problems.append(json.dumps(parameters))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning", "assert"}:
            self.problems.append(json.dumps(parameters["args"]))
