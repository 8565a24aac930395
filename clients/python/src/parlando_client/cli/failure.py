"""How a command fails: one line that says what to do, and a status."""

from __future__ import annotations

import signal
from typing import IO, Any

import click

from parlando_client.errors import SpeechError


class Failure(click.ClickException):
    """Ends the command with status 1 and one line."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        click.echo(f"parlando: {self.message}", err=file is None, file=file)


def explain(error: Exception) -> click.exceptions.Exit | click.ClickException | None:
    """Return what an error is to the person at the terminal; None for one that is a fault of ours."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, SpeechError):
        again = "" if error.retry_after is None else f" (try again in {error.retry_after:.3g} s)"
        return Failure(error.message + again)
    if isinstance(error, BrokenPipeError):  # the reader of a pipe left: as quietly as by the signal
        return click.exceptions.Exit(128 + signal.SIGPIPE)
    if isinstance(error, OSError) and error.filename is not None:
        return Failure(f"{error.filename}: {error.strerror}")
    return error if isinstance(error, Failure) else None
