"""`parlando say`."""

from __future__ import annotations

import asyncio
import sys

import click
from rich.console import Console

from parlando_client.cli import written
from parlando_client.cli.display import Display
from parlando_client.cli.failure import Failure
from parlando_client.cli.options import Address, address_option
from parlando_client.cli.output import chosen_sink
from parlando_client.cli.sinks import PlayerSink
from parlando_client.cli.speaking import speak
from parlando_client.cli.tracing import DEFAULT_TRACES, TraceContext, fetch, waterfall
from parlando_client.delivery import Delivery


@click.command()
@click.argument("words", metavar="[TEXT]...", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="FILE|-",
    help="Write a .wav file, or WAV to standard output, instead of playing.",
)
@click.option("--voice", default="", help="Voice by id or alias; see `parlando voices`.")
@click.option("--engine", default="", help="Engine by name; the router chooses where left out.")
@click.option("--language", default="", help="Language of the text as a BCP 47 tag; guessed where left out.")
@click.option("--speed", type=float, help="Rate in proportion to the voice's own, 0.25 to 4.0.")
@click.option("--rate", type=int, metavar="HZ", help="Samples a second, 8000 to 48000; 24000 where left out.")
@click.option("--session", default="", metavar="ID", help="Session that pays; see `parlando spending`.")
@address_option
@click.option("--trace", is_flag=True, help="Then draw what each service did, and when.")
@click.option(
    "--traces-address",
    envvar="PARLANDO_TRACES",
    default=DEFAULT_TRACES,
    show_default=True,
    show_envvar=True,
    type=Address(),
    help="Where the trace ring of `parlando up --trace` is.",
)
def say(
    words: tuple[str, ...],
    output: str | None,
    voice: str,
    engine: str,
    language: str,
    speed: float | None,
    rate: int | None,
    session: str,
    address: str,
    trace: bool,  # noqa: FBT001  # click passes by name
    traces_address: str,
) -> None:
    """Speak TEXT, quoted or not, or what comes from a pipe as it arrives.

    Plays where there is a sound device; Ctrl-C stops at once.
    """
    text = " ".join(words) if words else None
    if text is None and sys.stdin.isatty():
        raise click.UsageError('say what? Give a text, as in `parlando say "Hello."`, or pipe one in.')
    if text is not None and not text.strip():
        raise Failure("there is nothing to speak: the text is empty")
    sink = chosen_sink(output)
    how = Delivery(
        voice=voice,
        engine=engine,
        language=language,
        session_id=session,
        codec="pcm",
        container="raw",
        playout="reported" if isinstance(sink, PlayerSink) else "unpaced",
    )
    if speed is not None:
        how["speed"] = speed
    if rate is not None:
        how["sample_rate_hz"] = rate
    texts = written.piped(sys.stdin.fileno()) if text is None else written.given(text)
    context = TraceContext.minted() if trace else None
    console = Console(stderr=True)
    with Display(console, words=isinstance(sink, PlayerSink)) as display:
        traceparent = context.traceparent if context else ""
        status = asyncio.run(speak(address, texts, sink, display, how, traceparent))
    if context:
        console.print(waterfall(asyncio.run(fetch(traces_address, context))))
    sys.exit(status)
