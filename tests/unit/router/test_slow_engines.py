"""Engines that hang, or are too slow: how long they are waited for, and when the next one speaks."""

from __future__ import annotations

from parlando_router import events
from parlando_router.patience import LEAST_NEXT_SECONDS, UNKNOWN_SECONDS
from parlando_router.ports import SynthesisRequest
from parlando_router.request import PlayoutMode
from tests.unit.router.cast import description, voice
from tests.unit.router.score import check, written
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import TEXT, Stage, changes, spoken
from tests.unit.router.virtual_time import LoopClock, run

SAID = TEXT.split()


def test_an_engine_that_hangs_is_left_as_soon_as_it_is_later_than_ever() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(factor=0.1, hang_after=0.3 if number == 2 else None)

        stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker()})
        call = spoken(stage)
        await call.until(lambda: changes(call))
        changed = LoopClock().now()
        audio = [sent.at for sent in call.sent if isinstance(sent.event, events.AudioSent)]
        last = max(at for at in audio if at < changed)
        assert changed - last < LEAST_NEXT_SECONDS + 0.05
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_an_engine_that_is_alone_is_waited_for() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(first=8.0 if number else 0.01)

        call = spoken(Stage({"one": ScriptedWorker(direction)}))
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())


def test_what_an_engine_was_waited_for_while_it_was_alone_is_not_waited_again() -> None:
    async def main() -> None:
        def direction(_: SynthesisRequest, number: int) -> Play:
            return Play(first=[25.0, 60.0][number] if number < 2 else 0.0)

        stage = Stage({"one": ScriptedWorker(direction), "two": ScriptedWorker()})
        text = "Orange lamp stands here."
        stage.engines.failed("two", "it is away")
        await spoken(stage, text).done()
        stage.engines.answered("two", description("two"), (voice("alto"),))
        began = LoopClock().now()
        call = spoken(stage, text)
        await call.done()
        [started] = [event for event in call.of(events.Started) if isinstance(event, events.Started)]
        assert started.engine == "two"
        assert LoopClock().now() - began <= 2 * UNKNOWN_SECONDS + 1.0
        assert written(call, text) == text.split()

    run(main())


def test_an_engine_too_slow_for_playback_is_left_once_the_listener_has_run_dry() -> None:
    async def main() -> None:
        slow, quick = ScriptedWorker(Play(factor=1.6)), ScriptedWorker(Play(factor=0.2))
        text = "Seven green steps down below where orange lamps stand quite still and nobody knows why."
        call = spoken(Stage({"one": slow, "two": quick}), text, PlayoutMode.CLOCK)
        await call.done()
        check(call)
        [change] = changes(call)
        assert change.engine == "two"
        assert written(call, text) == text.split()
        # Where the caller only downloads, nobody waits for playback.
        call = spoken(Stage({"one": ScriptedWorker(Play(factor=1.6)), "two": quick}), text)
        await call.done()
        assert not changes(call)

    run(main())


def test_of_two_engines_too_slow_for_playback_one_speaks() -> None:
    async def main() -> None:
        slow = {name: ScriptedWorker(Play(factor=1.6)) for name in ("one", "two")}
        call = spoken(Stage(dict(slow)), mode=PlayoutMode.CLOCK)
        await call.done()
        assert written(call, TEXT) == SAID

    run(main())
