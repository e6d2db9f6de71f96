#!/usr/bin/python3
"""systemctl where no systemd runs, in a chroot: it reads the very unit files, and starts what they say.

Honoured are User, Group, WorkingDirectory, Environment, EnvironmentFile, RuntimeDirectory, UMask, ExecStart,
Type=oneshot with RemainAfterExit, and the order and requirements among units. Not honoured: restarts, timers, and all
that confines a service.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
STATE = Path("/run/units")
LOGS = Path("/var/log/units")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Unit:
    """A unit file; a key that stands in it several times has several values."""

    def __init__(self, name: str) -> None:
        self.name = name if "." in name else f"{name}.service"
        self.keys: dict[str, list[str]] = {}
        text = (UNITS / self.name).read_text().replace("\\\n", " ")
        for line in text.splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                self.keys.setdefault(key.strip(), []).append(value.strip())

    def last(self, key: str, default: str = "") -> str:
        return self.keys.get(key, [default])[-1]

    def words(self, key: str) -> list[str]:
        return " ".join(self.keys.get(key, [])).split()

    def environment(self) -> dict[str, str]:
        """What the service gets, and nothing of this process's."""
        found = {"PATH": PATH, "HOME": "/", "LANG": "C.UTF-8"}
        if self.last("User"):
            found |= {"USER": self.last("User"), "HOME": pwd.getpwnam(self.last("User")).pw_dir}
        for pair in shlex.split(" ".join(self.keys.get("Environment", []))):
            name, _, value = pair.partition("=")
            found[name] = value
        for named in self.keys.get("EnvironmentFile", []):
            file = Path(named.removeprefix("-"))
            if named.startswith("-") and not file.exists():
                continue
            for line in file.read_text().splitlines():
                name, equals, value = line.partition("=")
                if equals and not line.startswith("#"):
                    found[name] = value
        return found

    def command(self, environment: dict[str, str]) -> list[str]:
        """ExecStart's words; ${NAME} is one word, as systemd has it."""
        words = shlex.split(self.last("ExecStart"))
        return [re.sub(r"\$\{(\w+)\}", lambda match: environment.get(match[1], ""), word) for word in words]

    def start(self) -> None:
        """Starts it, after what it requires."""
        for other in self.words("Requires"):
            if not Unit(other).is_active():
                Unit(other).start()
        if self.name.endswith(".timer"):
            self._note("timer")
            return
        user = pwd.getpwnam(self.last("User", "root"))
        group = grp.getgrnam(self.last("Group", "root"))
        for folder in self.words("RuntimeDirectory"):
            place = Path("/run") / folder
            place.mkdir(exist_ok=True)
            os.chown(place, user.pw_uid, group.gr_gid)
            place.chmod(int(self.last("RuntimeDirectoryMode", "0755"), 8))
        environment = self.environment()
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / f"{self.name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(environment),
                env=environment,
                cwd=self.last("WorkingDirectory", "/"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user.pw_uid,
                group=group.gr_gid,
                extra_groups=[],
                umask=int(self.last("UMask", "0022"), 8),
            )
        if self.last("Type", "simple") != "oneshot":
            self._note(str(process.pid))
            return
        status = process.wait()
        if status:
            lines = (LOGS / f"{self.name}.log").read_text(errors="replace").splitlines()[-30:]
            sys.exit("\n".join([f"{self.name} failed with status {status}", *lines]))
        self._note("exited" if self.last("RemainAfterExit") == "yes" else "")

    def stop(self) -> None:
        """Ends it: SIGTERM, and SIGKILL when its time is over."""
        state = self._state()
        if state.isdigit() and self.is_active():
            deadline = time.monotonic() + float(self.last("TimeoutStopSec", "90"))
            os.killpg(int(state), signal.SIGTERM)
            while self.is_active() and time.monotonic() < deadline:
                time.sleep(0.2)
            if self.is_active():
                os.killpg(int(state), signal.SIGKILL)
        self._note("")

    def is_active(self) -> bool:
        state = self._state()
        if not state.isdigit():
            return bool(state)
        try:
            stat = Path(f"/proc/{state}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def _note(self, state: str) -> None:
        STATE.mkdir(parents=True, exist_ok=True)
        (STATE / self.name).write_text(state)

    def _state(self) -> str:
        file = STATE / self.name
        return file.read_text() if file.exists() else ""


def main() -> None:
    verb, *names = [word for word in sys.argv[1:] if not word.startswith("-")]
    if verb == "daemon-reload":
        for file in UNITS.glob("airflow*"):
            Unit(file.name)
    elif verb == "enable":
        for name in names:
            if not Unit(name).words("WantedBy"):
                sys.exit(f"{name} has no [Install]")
    elif verb == "is-active":
        states = [Unit(name).is_active() for name in names]
        print("\n".join("active" if state else "inactive" for state in states))
        sys.exit(0 if all(states) else 3)
    elif verb in ("start", "restart", "stop"):
        units = [Unit(name) for name in names]
        for unit in units:
            if verb != "start":
                unit.stop()
        for unit in units:
            if verb != "stop" and not unit.is_active():
                unit.start()
    else:
        sys.exit(f"systemctl {verb} is not known here")


if __name__ == "__main__":
    main()
