"""Previews: spoken once, kept within a bound, and anew when a voice sounds different."""

from __future__ import annotations

import asyncio
import io
import wave
from dataclasses import replace

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.previews import Previews
from parlando_router.replica import KnownVoice
from parlando_router.sample_sentences import sample_sentence
from tests.unit.router.cast import description, voice
from tests.unit.router.scripted_worker import Play, ScriptedWorker
from tests.unit.router.stage import Stage
from tests.unit.router.virtual_time import run, settled

_MUCH = 100_000_000


def _stage(play: Play | None = None, *voices: KnownVoice) -> tuple[Stage, ScriptedWorker]:
    worker = ScriptedWorker(play)
    stage = Stage({"one": worker})
    if voices:
        stage.engines.answered("one", description("one"), voices)
    return stage, worker


async def test_a_preview_is_spoken_once_however_many_ask() -> None:
    stage, worker = _stage()
    previews = Previews(stage.studio, _MUCH)
    found = await asyncio.gather(*(previews.of("one", "tenor") for _ in range(5)))
    assert all(each is found[0] for each in found)
    assert [(request.text, request.voice) for request in worker.requests] == [(found[0].text, "tenor")]
    assert (found[0].engine, found[0].voice, found[0].language) == ("one", "tenor", "fr")
    assert found[0].text.startswith("Voici")
    with wave.open(io.BytesIO(found[0].wav)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (24_000, 1, 2)
        assert wav.getnframes() / 24_000 == pytest.approx(0.02 * len("Voicimavoixquandjelisuntexte"), rel=0.5)


async def test_the_least_used_previews_go_first() -> None:
    stage, worker = _stage(None, *(voice(name) for name in "abc"))
    size = len((await Previews(stage.studio, _MUCH).of("one", "a")).wav)
    worker.requests.clear()
    previews = Previews(stage.studio, 2 * size)
    for name in ("a", "b", "a", "c", "a", "b"):
        await previews.of("one", name)
    assert [request.voice for request in worker.requests] == ["a", "b", "c", "b"]


async def test_nothing_is_kept_where_nothing_may_be() -> None:
    stage, worker = _stage()
    previews = Previews(stage.studio, 0)
    for _ in range(2):
        await previews.of("one", "alto")
    assert len(worker.requests) == 2


async def test_a_voice_that_sounds_different_is_spoken_anew_and_one_that_is_renamed_is_not() -> None:
    anna = replace(voice("anna"), revision="1")
    stage, worker = _stage(None, anna)
    previews = Previews(stage.studio, _MUCH)
    for said, about in (
        (anna, description("one")),
        (replace(anna, texts=("hannah",)), description("one")),
        (replace(anna, revision="2"), description("one")),
        (anna, replace(description("one"), version="2")),
        (anna, replace(description("one"), model="large")),
        (replace(anna, languages=("it",)), description("one")),
        (anna, description("one")),
    ):
        stage.engines.answered("one", about, (said,))
        await previews.of("one", "anna")
    assert len(worker.requests) == 5


async def test_an_alias_is_the_voice_and_a_mix_is_a_voice_of_its_own() -> None:
    stage, worker = _stage(None, voice("alto", aliases=("a",)), voice("tenor"))
    previews = Previews(stage.studio, _MUCH)
    names = ("alto", "A", "alto(2)+tenor", "alto(2)+tenor")
    spoken = [(await previews.of("", name)).voice for name in names]
    assert spoken == ["alto", "alto", "alto(2)+tenor", "alto(2)+tenor"]
    assert [request.voice for request in worker.requests] == ["alto", "alto(2)+tenor"]


def test_few_wait_for_one_engine_and_none_for_another() -> None:
    async def main() -> None:
        stage = Stage({"one": ScriptedWorker(Play(first=1.0)), "two": ScriptedWorker()})
        stage.engines.answered("one", description("one"), tuple(voice(f"v{n}") for n in range(10)))
        previews = Previews(stage.studio, _MUCH)
        asked = [asyncio.create_task(previews.of("one", f"v{n}")) for n in range(9)]
        await settled()
        with pytest.raises(ParlandoError) as refused:
            await previews.of("one", "v9")
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retry_after is not None
        assert (await previews.of("two", "alto")).engine == "two"
        assert not any(task.done() for task in asked), "there are no more than may wait"
        asked.pop().cancel()
        await settled()
        assert (await previews.of("one", "v9")).voice == "v9"
        assert [preview.voice for preview in await asyncio.gather(*asked)] == [f"v{n}" for n in range(8)]
        assert (await previews.of("one", "v8")).voice == "v8"

    run(main())


@pytest.mark.parametrize(("engine", "spoken"), [("one", 2), ("", 2), ("two", 1)])
def test_a_preview_that_is_spoken_while_its_engine_is_flushed_is_not_kept(engine: str, spoken: int) -> None:
    async def main() -> None:
        worker = ScriptedWorker(Play(first=1.0))
        stage = Stage({"one": worker, "two": ScriptedWorker()})
        previews = Previews(stage.studio, _MUCH)
        asked = asyncio.create_task(previews.of("one", "alto"))
        await settled()
        assert len(worker.requests) == 1
        assert previews.flush(engine) == 0
        assert (await asked).wav
        await previews.of("one", "alto")
        assert len(worker.requests) == spoken

    run(main())


@pytest.mark.parametrize(
    ("engine", "name", "reason", "field"),
    [
        ("", "", Reason.FIELD_REQUIRED, "voice"),
        ("", "x" * 257, Reason.OUT_OF_RANGE, "voice"),
        ("", "bass", Reason.VOICE_NOT_FOUND, "voice"),
        ("two", "alto", Reason.ENGINE_NOT_FOUND, "engine"),
    ],
)
async def test_what_is_not_there_is_told_by_field(engine: str, name: str, reason: Reason, field: str) -> None:
    stage, _ = _stage()
    with pytest.raises(ParlandoError) as refused:
        await Previews(stage.studio, _MUCH).of(engine, name)
    assert (refused.value.reason, refused.value.field) == (reason, field)


async def test_a_voice_whose_worker_is_away_is_no_unknown_one() -> None:
    stage, _ = _stage()
    stage.engines.failed("one", "it is away")
    with pytest.raises(ExceptionGroup) as refused:
        await Previews(stage.studio, _MUCH).of("one", "alto")
    assert refused.group_contains(ParlandoError, match="is up")


async def test_a_voice_that_fails_or_says_nothing_has_no_preview_and_is_asked_again() -> None:
    for play in (Play(silent=True), Play(refusal=ParlandoError(Reason.ENGINE_FAILED, "no"))):
        stage, worker = _stage(play)
        previews = Previews(stage.studio, _MUCH)
        for _ in range(2):
            asked = len(worker.requests)
            with pytest.raises((ParlandoError, ExceptionGroup)):
                await previews.of("one", "alto")
            assert len(worker.requests) > asked


@pytest.mark.parametrize(
    ("languages", "beginning", "tag"),
    [
        (("fr-CH",), "Voici", "fr-CH"),
        (("tlh", "de-AT"), "So klinge", "de-AT"),
        (("cmn", "zh-CN"), "这就是", "zh-CN"),
        (("tlh",), "This is", "en"),
        ((), "This is", "en"),
    ],
)
def test_a_voice_speaks_its_own_language_where_there_is_a_sentence(
    languages: tuple[str, ...], beginning: str, tag: str
) -> None:
    text, language = sample_sentence(languages)
    assert text.startswith(beginning)
    assert language == tag
