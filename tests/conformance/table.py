"""docs/conformance.md: what came of each stock client, written by the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conformance.programs import CELLS, PROGRAMS, SPEECH_CELLS, Row

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

_MARKS = {"green": "✓", "red": "✗", "not offered": "not offered"}

_HEAD = """\
# Stock clients

Written by `make conformance`, which runs each client, at the version of its lock, against a whole system
behind Envoy with espeak-ng. A client is given another base URL, and a key that nobody looks at; nothing of it
is patched. ✓ is a cell whose every check held, ✗ one that failed. A test runs them again, and compares this
page.
"""

_REALTIME = """\
## Realtime

*barge-in*: a sentence of espeak-ng's, in another voice, is sent as the user's. *reconnect*: the edge is
killed, and started again.
"""

_SPEECH = """\
## Speech over HTTP
"""

_NOTES = """\
## What a client has to be told

- openai-node speaks to `wss:` addresses alone, whatever its base URL says: give it an address with TLS. The
  run puts a relay with a certificate of its own in front of Envoy; `NODE_EXTRA_CA_CERTS` names its authority.
- openai-python's client of the beta does so too, unless `websocket_base_url` is set.
- Who resumes a session puts `?session=` and its id into the URL; the id is in `session.created`.
"""


def page(rows: Iterable[tuple[str, Row]]) -> str:
    """Return the page for what came of each program."""
    told = list(rows)
    realtime = [row for program, row in told if PROGRAMS[program] == CELLS]
    speech = [row for program, row in told if PROGRAMS[program] == SPEECH_CELLS]
    parts = [_HEAD, _REALTIME, _table(CELLS, realtime), _SPEECH, _table(SPEECH_CELLS, speech), _NOTES]
    parts += ["## What was done\n", *(_account(row, PROGRAMS[program]) for program, row in told)]
    return "\n".join(parts)


def _table(cells: Sequence[str], rows: Sequence[Row]) -> str:
    lines = [
        f"| client | {' | '.join(cells)} |",
        f"|---|{'---|' * len(cells)}",
        *(
            f"| {row.client} | {' | '.join(_MARKS[row.cells[cell].outcome] for cell in cells)} |"
            for row in rows
        ),
    ]
    return "\n".join(lines) + "\n"


def _account(row: Row, cells: Sequence[str]) -> str:
    versions = ", ".join(f"`{name}` {version}" for name, version in row.versions.items())
    lines = [f"### {row.client}", "", versions, ""]
    for name in cells:
        cell = row.cells[name]
        said = {"red": "failed", "not offered": f"not offered: {cell.said}"}.get(cell.outcome, cell.said)
        lines.append(f"- *{name}*: {said}")
    return "\n".join(lines) + "\n"
