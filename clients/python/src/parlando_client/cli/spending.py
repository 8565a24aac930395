"""`parlando spending`."""

from __future__ import annotations

import dataclasses
import json

import click

from parlando_client.cli.options import Address
from parlando_client.sessions import DEFAULT_ADDRESS, Sessions
from parlando_client.spending import Spending


@click.command()
@click.argument("session_id")
@click.option(
    "--address",
    envvar="PARLANDO_SESSION_ADDRESS",
    default=DEFAULT_ADDRESS,
    show_default=True,
    show_envvar=True,
    type=Address(),
    help="Where the session service is.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object; money is text in it.")
def spending(session_id: str, address: str, *, as_json: bool) -> None:
    """Show what SESSION_ID has spent, in all and by engine and model.

    Engines without a price cost nothing, and are not counted.
    """
    with Sessions(address) as sessions:
        spent = sessions.spending(session_id)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(spent), default=str, indent=2))
    else:
        click.echo(_table(spent))


def _table(spent: Spending) -> str:
    rows = [(f"{each.engine} {each.model}".strip(), each.cost, each.characters) for each in spent.engines]
    rows.append(("in all", spent.cost, spent.characters))
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(
        f"{name:<{width}}  {cost.amount:>14.6f} {cost.currency or '   '}  {characters:>12,} characters"
        for name, cost, characters in rows
    )
