"""`parlando models`."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from parlando_client.cli.failure import Failure
from parlando_client.models import (
    MODELS,
    PIPER,
    FetchError,
    ModelFile,
    complete,
    fetch,
    is_there,
    known_files,
    voices_in,
)
from parlando_client.piper_voices import published
from parlando_client.remote_services import configured

_NAMES = sorted({file.model for file in known_files()})


@click.group()
def models() -> None:
    """Fetch the files that engines speak with, and see which are there."""


@models.command("list")
@click.option("--folder", type=click.Path(path_type=Path), default=MODELS, help="Where the models are.")
def list_(folder: Path) -> None:
    """List the files there are, and how large they are."""
    for file in known_files():
        there = is_there(folder.expanduser() / file.model / file.name)
        click.echo(f"{file.model:<10}{file.name:<28}{file.size / 1e6:>7.0f} MB  {'there' if there else '-'}")
    for voice in voices_in(folder.expanduser() / PIPER):
        size = (folder.expanduser() / PIPER / f"{voice}.onnx").stat().st_size
        click.echo(f"{PIPER:<10}{voice:<28}{size / 1e6:>7.0f} MB  there")


@models.command()
@click.option("--folder", type=click.Path(path_type=Path), default=MODELS, help="Where the models are.")
def engines(folder: Path) -> None:
    """Name the projects of engines that can run: their files are there, or their account is configured."""
    remote = {engine.project for engine in configured(os.environ)}
    for name in sorted({*complete(folder.expanduser()), *remote}):
        click.echo(name)


@models.command("fetch")
@click.argument("model", metavar=f"[{'|'.join(_NAMES)}|{PIPER}:VOICE]")
@click.option("--int8", is_flag=True, help="The smaller network, of 8-bit weights.")
@click.option("--folder", type=click.Path(path_type=Path), default=MODELS, help="Where the models go.")
@click.option(
    "--mirror",
    envvar="PARLANDO_MODELS_MIRROR",
    default="",
    show_envvar=True,
    metavar="URL",
    help="Folder to fetch from, instead of where the files are published.",
)
def fetch_(model: str, folder: Path, mirror: str, *, int8: bool) -> None:
    """Fetch a model's files, with checksums. What was broken off is taken up again.

    A voice of Piper is a model of its own: piper:en_US-lessac-medium. Its checksums are MD5, which is
    what its index has; those of others are SHA-256.
    """
    engine, _, voice = model.partition(":")
    if engine == PIPER and voice:
        try:
            wanted = published(voice, mirror)
        except FetchError as error:
            raise Failure(str(error)) from None
    elif model in _NAMES:
        variants = {"", "int8" if int8 else "fp32"}
        wanted = [file for file in known_files() if file.model == model and file.variant in variants]
    else:
        raise click.BadParameter(
            f"{model} is not known: {', '.join(_NAMES)}, or a voice as {PIPER}:en_US-lessac-medium",
            param_hint="MODEL",
        )
    _fetch_all(wanted, folder.expanduser() / engine, mirror)


def _fetch_all(wanted: list[ModelFile], place: Path, mirror: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as bars:
        for file in wanted:
            bar = bars.add_task(file.name, total=file.size)
            try:
                new = fetch(file, place, mirror, lambda have, bar=bar: bars.update(bar, completed=have))  # type: ignore[misc]
            except FetchError as error:
                raise Failure(str(error)) from None
            bars.console.print(f"{place / file.name}{'' if new else ' was there'}", soft_wrap=True)
