"""`parlando voices`."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from parlando_client.catalogue import Voice
from parlando_client.cli.failure import Failure
from parlando_client.cli.options import address_option
from parlando_client.cli.output import chosen_sink
from parlando_client.cli.sinks import Sink
from parlando_client.client import Client
from parlando_client.errors import SpeechError

_UNBOUNDED = 10_000
_MOST_BYTES = 64 * 1024 * 1024  # as `UploadVoice` takes

_json_option = click.option("--json", "as_json", is_flag=True, help="JSON, with every field.")
_engine_option = click.option("--engine", default="", help="Its engine, where several have such a voice.")
_id_option = click.option("--id", "id_", default="", help="Its id; made of its name where left out.")
_description_option = click.option("--description", default="", help="A sentence about it.")

# Fields of the requests under the names that the commands have for them.
_OPTIONS = {
    "chunk": "CLIP",
    "voice.name": "--name",
    "voice.languages": "--language",
    "voice.licence": "--license",
    "voice.consent_note": "--consent",
    "voice.description": "--description",
    "voice.engine": "--engine",
    "engine": "--engine",
    "voice.mix": "MIX",
    "voice": "VOICE",
}

_WHOSE = (
    "Voices that were added or mixed can be renamed and removed: "
    '`parlando voices` lists all, and says of those under "made" how'
)


class _Commands(click.Group):
    """Lists where no command is named: `parlando voices --language de`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands)
def voices() -> None:
    """List the voices there are, hear them, and keep voices of your own."""


@voices.command("list")
@click.option(
    "--language", default="", help='Only voices that speak it, as a BCP 47 tag; "en" is also "en-GB".'
)
@click.option("--engine", default="", help="Only voices of this engine.")
@click.option(
    "--gender", type=click.Choice(["female", "male", "neutral"]), default=None, help="Only of this gender."
)
@click.option("--cloned/--not-cloned", default=None, help="Only those made from a recording, or only others.")
@click.option("--text", default="", help="Only with this in their id, an alias, their name or description.")
@_json_option
@address_option
def list_(
    language: str,
    engine: str,
    gender: str | None,
    text: str,
    address: str,
    *,
    cloned: bool | None,
    as_json: bool,
) -> None:
    """List the voices there are."""
    with Client(address) as client:
        found = client.list_voices(
            language=language, engine=engine, gender=gender or "", text=text, cloned=cloned
        )
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(voice) for voice in found], ensure_ascii=False, indent=2))
    else:
        _show(found)


@voices.command()
@click.argument("clip", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="What people are to call it.")
@click.option("--language", required=True, help="What is spoken in the clip, as a BCP 47 tag.")
@click.option("--license", "--licence", "licence", required=True, help="Under which it may be used.")
@click.option("--consent", required=True, help="Who agreed to the cloning, and how that is known.")
@click.option("--engine", default="", help="That is to have it; the one that clones voices where left out.")
@_id_option
@_description_option
@_json_option
@address_option
def add(
    clip: Path,
    name: str,
    language: str,
    licence: str,
    consent: str,
    engine: str,
    id_: str,
    description: str,
    address: str,
    *,
    as_json: bool,
) -> None:
    """Clone a voice from CLIP: a WAV or FLAC file of 5 to 30 s in which one person speaks."""
    if clip.stat().st_size > _MOST_BYTES:
        raise Failure(f"CLIP: {clip} has more than {_MOST_BYTES:,} bytes: use 5 to 30 s of WAV or FLAC")
    with _by_option(), Client(address) as client:
        voice = client.add_voice(
            clip.read_bytes(),
            name=name,
            language=language,
            licence=licence,
            consent=consent,
            engine=engine,
            id=id_,
            description=description,
        )
    _tell(voice, as_json=as_json)


@voices.command()
@click.argument("mix")
@click.option("--name", required=True, help="What people are to call it.")
@click.option("--engine", default="", help="That is to have it; the one that mixes voices where left out.")
@_id_option
@_description_option
@_json_option
@address_option
def mix(mix: str, name: str, engine: str, id_: str, description: str, address: str, *, as_json: bool) -> None:
    """Keep MIX, such as "af_bella(2)+af_sky(1)", as a voice of its own."""
    with _by_option(), Client(address) as client:
        voice = client.mix_voice(mix, name=name, engine=engine, id=id_, description=description)
    _tell(voice, as_json=as_json)


@voices.command()
@click.argument("voice")
@click.argument("name")
@_engine_option
@_json_option
@address_option
def rename(voice: str, name: str, engine: str, address: str, *, as_json: bool) -> None:
    """Have VOICE, by its id, called NAME."""
    with _by_option({"voice.id": "VOICE", "voice.name": "NAME"}), _of_own(), Client(address) as client:
        changed = client.update_voice(voice, engine=engine, name=name)
    _tell(changed, as_json=as_json)


@voices.command()
@click.argument("voice")
@_engine_option
@address_option
def remove(voice: str, engine: str, address: str) -> None:
    """Remove VOICE, by its id: one that was added or mixed."""
    with _by_option(), _of_own(), Client(address) as client:
        client.remove_voice(voice, engine=engine)


@voices.command()
@click.argument("voice")
@click.option("-o", "--output", metavar="FILE|-", help="Write a .wav file, or WAV to standard output.")
@_engine_option
@address_option
def preview(voice: str, output: str | None, engine: str, address: str) -> None:
    """Hear a short sentence by VOICE, in its own language where there is one."""
    sink = chosen_sink(output)
    with _by_option(), Client(address) as client:
        heard = client.preview_voice(voice, engine=engine)
    with wave.open(io.BytesIO(heard.wav)) as wav:
        asyncio.run(_play(sink, wav.getframerate(), wav.readframes(wav.getnframes())))


async def _play(sink: Sink, rate: int, pcm: bytes) -> None:
    try:
        await sink.begin(rate)
        await sink.write(pcm)
    except BaseException:
        sink.abort()
        raise
    finally:
        await sink.finish()


@contextmanager
def _by_option(also: dict[str, str] | None = None) -> Iterator[None]:
    """Say which argument a refusal is about, as the commands call it."""
    try:
        yield
    except SpeechError as error:
        option = (also or {"voice.id": "--id"}).get(error.field) or _OPTIONS.get(error.field)
        if option is None:
            raise
        raise Failure(f"{option}: {error.message.removeprefix('voice.')}") from None


@contextmanager
def _of_own() -> Iterator[None]:
    """Say which voices can be changed where this one cannot."""
    try:
        yield
    except SpeechError as error:
        if error.reason not in {"VOICE_NOT_FOUND", "NOT_SUPPORTED"}:
            raise
        what = error.message.partition(":")[0]
        raise Failure(f"VOICE: {what}. {_WHOSE}") from None


def _tell(voice: Voice, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(voice), ensure_ascii=False, indent=2))
    else:
        _show([voice])


def _show(found: list[Voice]) -> None:
    # A pipe has no width to fit a table into: nothing may be cut off there.
    console = Console(width=None if sys.stdout.isatty() else _UNBOUNDED)
    console.print(_table(found))


def _table(found: list[Voice]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("engine", "voice", "name", "languages", "gender", "made"):
        table.add_column(heading, overflow="fold")
    for voice in found:
        made = "cloned" if voice.cloned else voice.mix
        table.add_row(voice.engine, voice.id, voice.name, " ".join(voice.languages), voice.gender, made)
    return table
