"""`parlando phonemes`."""

from __future__ import annotations

import dataclasses
import json

import click

from parlando_client.cli.failure import Failure
from parlando_client.cli.options import address_option
from parlando_client.client import Client


@click.command()
@click.argument("text")
@click.option("--voice", default="", help="Voice by id or alias; see `parlando voices`.")
@click.option("--engine", default="", help="Engine by name; the first that can tell where left out.")
@click.option("--language", default="", help="Language of the text as a BCP 47 tag; guessed where left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with each word's place.")
@address_option
def phonemes(text: str, voice: str, engine: str, language: str, address: str, *, as_json: bool) -> None:
    """Show how TEXT would be pronounced, in the notation of the engine that would speak.

    What is shown can be put back into a text: "I like [Kokoro](/kOkəɹO/)."
    """
    if not text.strip():
        raise Failure("there is nothing to pronounce: the text is empty")
    with Client(address) as client:
        told = client.phonemize(text, voice=voice, engine=engine, language=language)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(told), ensure_ascii=False, indent=2))
    else:
        click.echo(told.phonemes)
