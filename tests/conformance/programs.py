"""Runs stock clients against a whole system, each in a program of its own, and reads what they tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.through import Through

CLIENTS = Path(__file__).with_name("clients")
DESCRIPTORS = Path(__file__).parents[2] / "protos" / "gen" / "parlando" / "descriptors.binpb"
_BIN = CLIENTS / ".venv" / "bin"
_USER = "Excuse me, could you stop for a moment? I have another question about the tickets."

CELLS = ("connect", "configure", "speak", "cancel", "truncate", "retrieve", "barge-in", "errors", "reconnect")
"""What is asked of a client of Realtime."""

SPEECH_CELLS = ("speak", "configure", "cancel", "errors")
"""What is asked of a client of speech over HTTP."""

REALTIME = (
    "openai_python.py",
    "openai_python_beta.py",
    "openai_node.mjs",
    "agents_python.py",
    "agents_realtime.mjs",
    "pipecat_realtime.py",
    "livekit_realtime.py",
)
GRPC_WEB = "connect_web.mjs"
SPEECH = ("openai_python_speech.py", "openai_node_speech.mjs", "pipecat_tts.py", "livekit_tts.py", GRPC_WEB)
PROGRAMS = {**dict.fromkeys(REALTIME, CELLS), **dict.fromkeys(SPEECH, SPEECH_CELLS)}
"""Each client's program, and what is asked of it."""


@dataclass(frozen=True)
class Cell:
    """One cell of the table.

    Attributes:
        outcome: "green", "red" or "not offered".
        said: what the client was made to do, what failed, or why it is not offered.
    """

    outcome: str
    said: str


@dataclass
class Row:
    """What came of one client.

    Attributes:
        client: its name.
        versions: of its packages.
        cells: by name.
        complaint: what its program said on its standard error.
    """

    client: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    complaint: str = ""


def generate_stubs() -> None:
    """Have Connect's plugin make its stubs, as docs/protocols/grpc-web.md says."""
    buf = Path(sys.executable).with_name("buf")
    environment = {**os.environ, "PATH": f"{_BIN}:{os.environ['PATH']}"}  # the plugin is a program for Node
    subprocess.run([buf, "generate", DESCRIPTORS], cwd=CLIENTS, env=environment, check=True)


class Bench:
    """A system that clients are run against.

    Args:
        through: the system, with espeak-ng.
        folder: for what the clients are given.
    """

    def __init__(self, through: Through, folder: Path) -> None:
        self._through = through
        self._folder = folder
        self._speech = folder / "user.pcm"
        # Not the voice that answers.
        spoken = through.post(
            "/v1/audio/speech",
            {"input": _USER, "voice": "espeak:en-gb", "response_format": "pcm"},
            content_type="application/json",
        )
        self._speech.write_bytes(spoken.raise_for_status().content)

    def run(self, program: str, *only: str) -> Row:
        """Run a client's program, and return what it told; `only` these cells, where some are named."""
        if program == GRPC_WEB:
            generate_stubs()
        with self._environment(program) as environment:
            interpreter = _BIN / ("node" if program.endswith(".mjs") else "python")
            return self._read([str(interpreter), program, *only], environment)

    def _read(self, command: list[str], environment: dict[str, str]) -> Row:
        row = Row()
        complaint = self._folder / f"{command[1]}.log"
        with (
            complaint.open("w") as stderr,
            subprocess.Popen(
                command,
                cwd=CLIENTS,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as process,
        ):
            assert process.stdin is not None
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                if "please" in told:
                    self._restart_edge()
                    process.stdin.write("done\n")
                    process.stdin.flush()
                elif "cell" in told:
                    row.cells[told["cell"]] = Cell(told["outcome"], told["said"])
                else:
                    row.client, row.versions = told["client"], told["versions"]
        row.complaint = complaint.read_text()
        return row

    def _restart_edge(self) -> None:
        self._through.service("edge").kill()
        self._through.wait_until(503)
        self._through.wait_until(200)

    @contextmanager
    def _environment(self, program: str) -> Iterator[dict[str, str]]:
        environment = {
            **os.environ,
            "CONFORMANCE_BASE_URL": self._through.url("/v1"),
            "CONFORMANCE_SPEECH": str(self._speech),
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if not program.startswith("openai_node"):
            yield environment
            return
        command = [str(_BIN / "python"), str(CLIENTS / "tls.py"), str(self._through.port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
            try:
                assert relay.stdout is not None
                told = json.loads(relay.stdout.readline())
                yield {
                    **environment,
                    "CONFORMANCE_BASE_URL": f"https://127.0.0.1:{told['port']}/v1",
                    "NODE_EXTRA_CA_CERTS": told["authority"],
                }
            finally:
                relay.terminate()
