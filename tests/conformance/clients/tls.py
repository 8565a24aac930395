"""TLS in front of the system, for clients that speak to no other addresses; it relays bytes both ways.

The system's port is the argument. One line of JSON tells the port it listens on, and the file with the
certificate of the authority that vouches for it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import tempfile
from pathlib import Path

import trustme

_BYTES = 64 * 1024


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_BYTES):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main() -> None:
    """Relay until told to stop."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        async with asyncio.TaskGroup() as both:
            both.create_task(_pass_on(reader, inner_writer))
            both.create_task(_pass_on(inner_reader, writer))

    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "authority.pem"
        authority.cert_pem.write_to_path(str(certificate))
        async with await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            print(json.dumps({"port": port, "authority": str(certificate)}), flush=True)  # noqa: T201
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
