"""`parlando voices`."""

from __future__ import annotations

import dataclasses
import json
import sys

import click
from rich.console import Console
from rich.table import Table

from parlando_client.catalogue import Voice
from parlando_client.cli.options import address_option
from parlando_client.client import Client

_UNBOUNDED = 10_000


@click.command()
@click.option(
    "--language", default="", help='Only voices that speak it, as a BCP 47 tag; "en" is also "en-GB".'
)
@click.option("--engine", default="", help="Only voices of this engine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, with every field.")
@address_option
def voices(language: str, engine: str, address: str, *, as_json: bool) -> None:
    """List the voices there are."""
    with Client(address) as client:
        found = client.list_voices(language=language, engine=engine)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(voice) for voice in found], ensure_ascii=False, indent=2))
        return
    # A pipe has no width to fit a table into: nothing may be cut off there.
    console = Console(width=None if sys.stdout.isatty() else _UNBOUNDED)
    console.print(_table(found))


def _table(found: list[Voice]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("engine", "voice", "name", "languages", "gender"):
        table.add_column(heading, overflow="fold")
    for voice in found:
        table.add_row(voice.engine, voice.id, voice.name, " ".join(voice.languages), voice.gender)
    return table
