"""The command line `parlando`."""

from __future__ import annotations

from typing import Any

import click

from parlando_client.cli.bench import bench
from parlando_client.cli.doctor import doctor
from parlando_client.cli.failure import explain
from parlando_client.cli.models import models
from parlando_client.cli.phonemes import phonemes
from parlando_client.cli.say import say
from parlando_client.cli.spending import spending
from parlando_client.cli.up import up
from parlando_client.cli.voices import voices


class _Commands(click.Group):
    """Ends a command that fails with one line; a fault of ours with its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            explained = explain(error)
            if explained is None:
                raise
            raise explained from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parlando")
def main() -> None:
    """Text in, speech out: Parlando's command line."""


for command in (say, voices, phonemes, spending, models, up, doctor, bench):
    main.add_command(command)
