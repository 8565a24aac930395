"""When Python looks for cycles among all that a service holds.

It stops everything meanwhile, for a fifth of a second where thousands of connections are open, and by itself
does so whenever what there is has grown by a quarter. What is let go here leaves no cycles, or young ones,
which are found without looking at the rest.
"""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE = 700, 10
"""Python's own: objects made and not yet let go before the young are looked at, and how often that is done
before those that were left are."""

_OLD = 3_000
"""How often those are looked at before everything is: after some twenty million objects that were made and
stayed, if only for a moment. At 100 utterances a second four services in one process come to that in a
quarter of an hour, an edge by itself in two hours and a half."""


def look_seldom() -> None:
    """Leave what has been made so far out of every later search, and search all the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
