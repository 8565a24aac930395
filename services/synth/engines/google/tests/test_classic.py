"""What is asked of the older voices, and when their words are heard."""

from __future__ import annotations

import pytest
from google_server import GoogleServer
from hypothesis import given
from hypothesis import strategies as st

from parlando_google.classic import ClassicVendor
from parlando_google.marks import marked, timed
from parlando_google.settings import ClassicSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kit.spans import Span
from parlando_synth.contract import Performance, check_words, perform
from parlando_synth.job import Job, TextKind
from parlando_synth.remote.engine import RemoteEngine

VOICE = "en-US-Neural2-C"


async def _spoken(server: GoogleServer, job: Job) -> Performance:
    made = ClassicSettings.model_validate({"endpoint": f"http://127.0.0.1:{server.port}"})
    engine = RemoteEngine(ClassicVendor(made), made)
    await engine.load()
    try:
        assert engine.describe().default_voice == VOICE
        return await perform(engine, job)
    finally:
        await engine.close()


async def test_words_begin_where_the_service_says(server: GoogleServer) -> None:
    text = "It is <late> & cold."
    performance = await _spoken(server, Job(text, VOICE))
    [request] = server.requests
    assert request.input.ssml == (
        '<speak><mark name="0"/>It <mark name="1"/>is <mark name="2"/>&lt;late&gt; &amp; '
        '<mark name="3"/>cold.</speak>'
    )
    check_words(performance, text)
    words = performance.words
    assert [text[word.spoken.start : word.spoken.end] for word in words] == ["It", "is", "<late>", "cold."]
    assert all(word.quality is TimingQuality.EXACT for word in words)
    assert words[1].first_sample == round(3 * 0.03 * 24_000)
    assert words[-1].end_sample == performance.samples


async def test_a_word_of_which_nothing_is_said_shares_its_neighbours_time(server: GoogleServer) -> None:
    server.unmarked = frozenset({"1"})
    performance = await _spoken(server, Job("one two three", VOICE))
    check_words(performance, "one two three")
    assert [word.quality for word in performance.words] == [
        TimingQuality.ESTIMATED,
        TimingQuality.ESTIMATED,
        TimingQuality.EXACT,
    ]


async def test_delivery_is_asked_for(server: GoogleServer) -> None:
    await _spoken(server, Job("Late.", VOICE, speed=1.25, pitch_semitones=-2.0, volume_db=3.0))
    audio = server.requests[0].audio_config
    assert (audio.speaking_rate, audio.pitch, audio.volume_gain_db) == (1.25, -2.0, 3.0)


async def test_a_feeling_is_a_change_of_delivery(server: GoogleServer) -> None:
    job = Job("Late.", VOICE, speed=1.8, pitch_semitones=-2.0, emotion="excited", emotion_intensity=1.0)
    performance = await _spoken(server, job)
    audio = server.requests[0].audio_config
    assert (audio.speaking_rate, audio.pitch, audio.volume_gain_db) == (2.0, 1.0, 2.0), "within the range"
    assert performance.started.ignored == ()


async def test_ssml_is_marked_and_otherwise_left_alone(server: GoogleServer) -> None:
    text = '<p>One <break time="1s"/><say-as interpret-as="date">3/4</say-as> two.</p>'
    performance = await _spoken(server, Job(text, VOICE, text_kind=TextKind.SSML))
    assert server.requests[0].input.ssml == (
        '<speak><p><mark name="0"/>One <break time="1s"/><mark name="1"/>'
        '<say-as interpret-as="date">3/4</say-as> <mark name="2"/>two.</p></speak>'
    )
    spans = [text[word.spoken.start : word.spoken.end] for word in performance.words]
    assert spans == ["One", '<say-as interpret-as="date">3/4</say-as>', "two."]


def test_a_document_keeps_its_own_root() -> None:
    assert marked("<speak>one</speak>", is_ssml=True).ssml == '<speak><mark name="0"/>one</speak>'


async def test_marks_that_make_a_request_too_long_are_no_surprise(server: GoogleServer) -> None:
    with pytest.raises(ParlandoError) as refused:
        await _spoken(server, Job("a " * 500, VOICE))
    assert (refused.value.reason, refused.value.field) == (Reason.TEXT_TOO_LONG, "text")
    assert server.asked == 0


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11), st.floats(0, 9, allow_nan=False)),
    st.integers(0, 100_000),
)
def test_times_are_in_order_and_within_the_sound(
    lengths: list[int], times: dict[int, float], samples: int
) -> None:
    spans = [Span(at * 10, at * 10 + length) for at, length in enumerate(lengths)]
    words = timed(spans, times, samples, 8_000)
    assert [word.spoken for word in words] == spans
    at = 0
    for word in words:
        assert word.first_sample >= at
        assert word.sample_count >= 0
        assert word.end_sample <= samples
        at = word.first_sample
