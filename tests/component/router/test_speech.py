"""Speech over the wire: every method of the service, as a caller meets it."""

from __future__ import annotations

import io
import wave

import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from parlando_scripted.signal import said as heard
from tests.component.router.mesh import (
    END,
    Router,
    WorkerProcess,
    cancel,
    failure,
    flush,
    kinds,
    mesh,
    opened,
    pcm,
    played,
    read_until,
    receive,
    rest,
    said,
    say,
    send,
    text,
)

# Words whose tones can be told apart.
TEXT = "Orange lamp stands here. Seven green steps down! There, stone knows? House garden."
WORDS = [
    "Orange",
    "lamp",
    "stands",
    "here",
    "Seven",
    "green",
    "steps",
    "down",
    "There",
    "stone",
    "knows",
    "House",
    "garden",
]
RATE = 24_000


def _check(events: list[speech_pb2.SpeechEvent]) -> None:
    """Assert that samples are contiguous and the end sums up."""
    at = 0
    for event in events:
        if event.HasField("audio"):
            assert event.audio.first_sample == at
            at += event.audio.sample_count
    finished = events[-1].finished
    assert finished.sample_count == at
    assert all(word.first_sample + word.sample_count <= at for word in finished.words)


async def test_a_whole_text_is_said() -> None:
    async with mesh(WorkerProcess()) as router:
        call = router.stub.Say(say(TEXT))
        messages = [message async for message in call]
        events = [event for message in messages for event in message.events]
        _check(events)
        assert heard(pcm(events), RATE, WORDS) == WORDS
        words = events[-1].finished.words
        assert [TEXT[word.source.start : word.source.end].strip(".,!?") for word in words] == WORDS
        assert {word.quality for word in words} == {audio_pb2.TIMING_QUALITY_EXACT}
        assert {event.epoch for event in events} == {1}
        [minted] = {message.utterance_id for message in messages}
        assert len(minted) >= 16
        started = events[0].started
        assert (started.engine, started.voice) == ("scripted", "alto")
        assert started.format == audio_pb2.AudioFormat(
            codec=audio_pb2.AUDIO_CODEC_PCM_S16LE,
            container=audio_pb2.AUDIO_CONTAINER_RAW,
            sample_rate_hz=RATE,
        )
        finished = events[-1].finished
        assert finished.source_length == len(TEXT)
        assert finished.first_chunk.ToTimedelta().total_seconds() > 0
        assert not finished.HasField("most_unheard")
        [usage] = finished.usage
        assert usage.engine == "scripted"
        assert usage.characters > len(TEXT) - 10
        fragments = [event.fragment for event in events if event.HasField("fragment")]
        assert "".join(TEXT[each.source.start : each.source.end] for each in fragments) == TEXT


async def test_an_opener_may_carry_the_text_and_be_complete() -> None:
    async with mesh(WorkerProcess()) as router:
        call = router.stub.Speak()
        await send(call, opened(words=TEXT, complete=True))
        events = await rest(call)  # it ends though the caller has not half-closed
        _check(events)
        assert heard(pcm(events), RATE, WORDS) == WORDS
        assert events[-1].finished.source_length == len(TEXT)


async def test_a_text_that_is_all_there_leaves_no_last_word_over_and_one_that_grows_may() -> None:
    words = "The cat sat on the mat all day long."
    async with mesh(WorkerProcess()) as router:
        whole = await said(router.stub.Say(say(words)))
        call = router.stub.Speak()
        await send(call, opened(), text(words))
        await call.done_writing()
        growing = await rest(call)
    spoken = [
        [event.fragment.spoken_text for event in events if event.HasField("fragment")]
        for events in (whole, growing)
    ]
    assert spoken == [
        ["The cat sat on the mat", "all day long."],
        ["The cat sat on the mat all day", "long."],
    ]


async def test_a_rule_that_is_turned_off_leaves_the_text_to_the_engine() -> None:
    async with mesh(WorkerProcess()) as router:
        words, characters = "It costs $5 now.", []
        for rules in ([], ["money"]):
            events = await said(router.stub.Say(say(words, disabled_rules=rules)))
            characters.append(events[-1].finished.usage[0].characters)
    assert characters == [len("It costs five dollars now."), len(words)]


async def test_a_message_holds_at_most_one_frame_and_that_comes_last() -> None:
    async with mesh(WorkerProcess()) as router:
        async for message in router.stub.Say(say(TEXT)):
            assert message.events
            assert "audio" not in kinds(message.events)[:-1]


async def test_an_id_that_the_caller_minted_is_returned() -> None:
    async with mesh(WorkerProcess()) as router:
        request = say(TEXT)
        request.utterance_id = "mine"
        assert {message.utterance_id async for message in router.stub.Say(request)} == {"mine"}
        call = router.stub.Speak()
        await send(call, opened(utterance_id="mine too"), text(TEXT), END)
        response = await call.read()
        assert isinstance(response, speech_pb2.SpeakResponse)
        assert response.utterance_id == "mine too"
        await rest(call)


@pytest.mark.parametrize("engine_rate", [22_050, 48_000])
async def test_any_rate_of_an_engine_becomes_the_rate_that_was_asked_for(engine_rate: int) -> None:
    async with mesh(WorkerProcess(ScriptedSettings(sample_rate_hz=engine_rate))) as router:
        for rate in (8_000, 16_000):
            events = await said(router.stub.Say(say(TEXT, format=audio_pb2.AudioFormat(sample_rate_hz=rate))))
            _check(events)
            assert heard(pcm(events), rate, WORDS) == WORDS


async def test_a_wav_is_one_that_others_read() -> None:
    async with mesh(WorkerProcess()) as router:
        how = audio_pb2.AudioFormat(container=audio_pb2.AUDIO_CONTAINER_WAV, sample_rate_hz=16_000)
        stream = pcm(await said(router.stub.Say(say(TEXT, format=how))))
        with wave.open(io.BytesIO(stream)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16_000, 2, 1)
        assert heard(stream[44:], 16_000, WORDS) == WORDS


async def test_what_an_engine_cannot_do_is_told() -> None:
    async with mesh(WorkerProcess()) as router:
        events = await said(
            router.stub.Say(say("Orange lamp.", prosody=synth_pb2.Prosody(pitch_semitones=2)))
        )
        assert list(events[0].started.ignored) == ["prosody.pitch_semitones"]


# Speak


async def test_text_is_spoken_while_it_is_written() -> None:
    async with mesh(WorkerProcess()) as router:
        call = router.stub.Speak()
        await send(call, opened())
        for character in TEXT[:30]:
            await send(call, text(character))
        events = await read_until(call, "audio")  # and the rest has not been written yet
        await send(call, *(text(character) for character in TEXT[30:]))
        await call.done_writing()
        events += await rest(call)
        _check(events)
        assert heard(pcm(events), RATE, WORDS) == WORDS
        assert events[-1].finished.HasField("most_unheard")


async def test_a_flush_is_acknowledged_after_its_last_frame() -> None:
    async with mesh(WorkerProcess()) as router:
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp"), flush(7))
        events = await read_until(call, "flushed")
        assert heard(pcm(events), RATE, WORDS) == ["Orange", "lamp"]
        assert events[-1].flushed.id == 7
        await send(call, text(" stands here."), END)
        later = await rest(call)
        _check(events + later)
        assert heard(pcm(later), RATE, WORDS) == ["stands", "here"]


async def test_a_pause_of_the_text_lets_what_there_is_be_spoken() -> None:
    async with mesh(WorkerProcess()) as router:
        call = router.stub.Speak()
        await send(call, opened(flush_after=Duration(nanos=20_000_000)), text("Orange lamp "))
        events = await read_until(call, "audio")
        await send(call, text("stands here."), END)
        events += await rest(call)
        _check(events)
        assert [TEXT[word.source.start : word.source.end] for word in events[-1].finished.words] == [
            *WORDS[:3],
            "here.",
        ]


async def test_a_cancel_is_answered_and_proved() -> None:
    worker = WorkerProcess(ScriptedSettings(rate=2.0, stop_ms=50))
    async with mesh(worker) as router:
        call = router.stub.Speak()
        await send(call, opened(), text(TEXT * 4))
        before = await read_until(call, "audio")
        await send(call, cancel(), opened(2), text("House garden.", epoch=2))
        await call.done_writing()
        events = await rest(call)
        _check(before + events)
        at = kinds(events).index("cancelled")
        cancelled = events[at].cancelled
        assert cancelled.epoch == events[at].epoch == 1
        after = events[at:]
        assert {event.epoch for event in after if event.HasField("audio")} == {2}
        frames = [event.audio for event in after if event.HasField("audio")]
        assert frames[0].first_sample == cancelled.samples_sent
        assert heard(pcm(after), RATE, WORDS) == ["House", "garden"]
        report = next(event.stop_report for event in after if event.HasField("stop_report"))
        assert (report.epoch, report.samples_sent) == (1, cancelled.samples_sent)
        assert report.outcome == synth_pb2.STOP_OUTCOME_STOPPED
        assert report.idle_after.ToTimedelta().total_seconds() >= 0.05
        assert report.fragments_dropped >= 1
        assert await worker.load() == 0
        assert events[-1].finished.words[-1].source.end == len(TEXT) * 4 + len("House garden.")


async def test_nobody_is_given_more_than_there_is_room_for() -> None:
    worker = WorkerProcess()
    async with mesh(worker) as router:
        call = router.stub.Speak()
        reported = speech_pb2.PLAYOUT_MODE_REPORTED
        await send(call, opened(playout_mode=reported, playout_budget=Duration(seconds=1)))
        await send(call, text(TEXT * 12), flush(1))
        events: list[speech_pb2.SpeechEvent] = []
        heard_up_to = 0
        while "flushed" not in kinds(events):
            events += await receive(call)
            if events[-1].HasField("audio"):
                end = events[-1].audio.first_sample + events[-1].audio.sample_count
                if end - heard_up_to > RATE // 2:
                    heard_up_to = end
                    await send(call, played(end))
        await send(call, END)
        events += await rest(call)
        _check(events)
        most = events[-1].finished.most_unheard.ToTimedelta().total_seconds()
        longest = max(
            sum(event.audio.sample_count for event in events if event.audio.fragment_index == each)
            for each in range(40)
        )
        assert most <= 1 + longest / RATE + 0.5


# The rest of the service


@pytest.mark.parametrize(
    ("how", "content_type"),
    [
        ({}, "audio/pcm;rate=24000"),
        ({"sample_rate_hz": 8_000}, "audio/pcm;rate=8000"),
        ({"codec": audio_pb2.AUDIO_CODEC_MULAW}, "audio/basic;rate=8000"),
        ({"codec": audio_pb2.AUDIO_CODEC_ALAW}, "audio/x-alaw-basic;rate=8000"),
        ({"container": audio_pb2.AUDIO_CONTAINER_WAV}, "audio/wav"),
        ({"codec": audio_pb2.AUDIO_CODEC_MP3}, "audio/mpeg"),
        ({"codec": audio_pb2.AUDIO_CODEC_OPUS}, "audio/ogg;codecs=opus"),
        ({"codec": audio_pb2.AUDIO_CODEC_AAC}, "audio/aac"),
        ({"codec": audio_pb2.AUDIO_CODEC_FLAC}, "audio/flac"),
    ],
)
async def test_a_text_is_answered_with_bytes_alone(
    router: Router, how: dict[str, int], content_type: str
) -> None:
    settings = speech_pb2.SpeechSettings(format=audio_pb2.AudioFormat(**how))  # type: ignore[arg-type]  # fields by name
    request = speech_pb2.StreamAudioRequest(text=TEXT, settings=settings)
    bodies = [body async for body in router.stub.StreamAudio(request)]
    assert bodies[0].content_type == content_type
    stream = b"".join(body.data for body in bodies)
    assert len(stream) > 1_000
    if content_type.startswith("audio/pcm"):
        assert heard(stream, how.get("sample_rate_hz", RATE), WORDS) == WORDS


async def test_bytes_alone_are_those_of_say(router: Router) -> None:
    bodies = [body async for body in router.stub.StreamAudio(speech_pb2.StreamAudioRequest(text=TEXT))]
    assert b"".join(body.data for body in bodies) == pcm(await said(router.stub.Say(say(TEXT))))


async def test_voices_and_engines_are_listed(router: Router) -> None:
    voices = await router.stub.ListVoices(speech_pb2.ListVoicesRequest())
    assert [(voice.engine, voice.id) for voice in voices.voices] == [
        ("scripted", "alto"),
        ("scripted", "tenor"),
    ]
    french = await router.stub.ListVoices(speech_pb2.ListVoicesRequest(language="fr-CA", engine="scripted"))
    assert [voice.id for voice in french.voices] == ["tenor"]
    [engine] = (await router.stub.ListEngines(speech_pb2.ListEnginesRequest())).engines
    assert (engine.name, engine.primary) == ("scripted", True)
    [replica] = engine.replicas
    assert (replica.serving, replica.detail) == (True, "")
    assert replica.description.engine_version == "1"


async def test_a_cost_is_estimated(router: Router) -> None:
    request = speech_pb2.EstimateCostRequest(
        text="x" * 160, settings=speech_pb2.SpeechSettings(voice="tenor")
    )
    answer = await router.stub.EstimateCost(request)
    assert (answer.engine, answer.voice, answer.characters) == ("scripted", "tenor", 160)
    assert answer.audio == Duration(seconds=10)


async def test_a_pronunciation_has_the_words_where_they_are_written(router: Router) -> None:
    text = "Take 5 lamps. Hang them up!"
    request = speech_pb2.PhonemizeRequest(text=text, settings=speech_pb2.SpeechSettings(voice="tenor"))
    told = await router.stub.Phonemize(request)
    assert (told.engine, told.voice) == ("scripted", "tenor")
    assert told.phonemes == "ekaT evif spmal gnaH meht pu"
    written = [(text[word.source.start : word.source.end], word.phonemes) for word in told.words]
    assert written[:3] == [("Take", "ekaT"), ("5", "evif"), ("lamps", "spmal")]
    assert [phonemes for _, phonemes in written] == told.phonemes.split()


@pytest.mark.parametrize(
    ("words", "voice", "reason", "field"),
    [
        ("", "", Reason.FIELD_REQUIRED, "text"),
        ("x" * 3_001, "", Reason.TEXT_TOO_LONG, "text"),
        ("lamp", "nobody", Reason.VOICE_NOT_FOUND, "settings.voice"),
    ],
)
async def test_what_cannot_be_pronounced_is_refused(
    router: Router, words: str, voice: str, reason: Reason, field: str
) -> None:
    settings = speech_pb2.SpeechSettings(voice=voice)
    error = await failure(router.stub.Phonemize(speech_pb2.PhonemizeRequest(text=words, settings=settings)))
    assert (error.reason, error.field) == (reason, field)


async def test_a_text_without_words_is_pronounced_as_nothing(router: Router) -> None:
    told = await router.stub.Phonemize(speech_pb2.PhonemizeRequest(text="..."))
    assert (told.engine, told.phonemes, list(told.words)) == ("scripted", "", [])
