"""A text that is all there before any of it is spoken: it is cut as suits its engine, and not its writer."""

from __future__ import annotations

from dataclasses import replace

from parlando_router.estimate import CODE_POINTS_PER_SECOND
from parlando_router.replica import Replica
from parlando_router.request import Schedule

LONGEST_TEXT = 1_000
"""Code points up to which all fragments of a text are asked for at once: some milliseconds for the first."""

SOON_SECONDS = 0.1
"""How long an engine may take for all of a first fragment."""

_USUAL_FIRST = 24  # code points: the fragmenter's own target
_MOST_FIRST = 1_000  # code points: more is refused


def fitted(schedule: Schedule, replica: Replica) -> Schedule:
    """Return the schedule for a text that is all there.

    A small first fragment brings the first sound sooner where text is still being written, or where an
    engine is slow or gives no sound before it is done. Elsewhere it costs a synthesis, and a sentence its
    melody: an engine that streams is given as much as it makes in `SOON_SECONDS`, by its measured pace.
    """
    about, factor = replica.description, replica.real_time_factor
    if schedule.first_code_points is not None or about is None or not about.streams or not factor:
        return schedule
    soon = min(int(SOON_SECONDS / factor * CODE_POINTS_PER_SECOND), _MOST_FIRST)
    return replace(schedule, first_code_points=soon) if soon > _USUAL_FIRST else schedule
