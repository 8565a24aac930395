"""The probe as a real process, started for one test and gone after it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[3]


class Probe:
    """A running probe. Both its outputs are read as one, so that their order is that of events."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.served_at = 0  # its port, once known

    async def says(self, pattern: str) -> str:
        """Return the first group of the pattern, once a line matches it."""
        while True:
            line = await self._line()
            assert line, f"ended before saying {pattern!r}: {self.said}"
            if match := re.search(pattern, line):
                return match[1] if match.re.groups else match[0]

    async def port(self) -> int:
        """Return its port, once it serves."""
        self.served_at = int(await self.says(r"serves on 127\.0\.0\.1:(\d+)"))
        return self.served_at

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ends(self) -> int:
        """Return its exit status, once it has ended and all it said is read."""
        while await self._line():
            pass
        return await self.process.wait()

    async def _line(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        if line:
            self.said.append(line.rstrip("\n"))
        return line


@asynccontextmanager
async def probe(**settings: object) -> AsyncIterator[Probe]:
    """Start the probe on a free port, settings as PROBE_*; kill it if it is still there afterwards."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "GRPC_"))}
    told = {f"PROBE_{name.upper()}": str(value) for name, value in settings.items()}
    for name in settings.keys() & {"otlp_endpoint", "otlp_metrics_endpoint"}:
        told[f"OTEL_EXPORTER_{name.upper()}"] = str(settings[name])
    for name in settings.keys() & {"traces_sampler", "traces_sampler_arg"}:
        told[f"OTEL_{name.upper()}"] = str(settings[name])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.component.kit.probe",
        cwd=_ROOT,
        env={**inherited, **told},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    started = Probe(process)
    try:
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await started.ends()
