"""Between the worker's words and those of `parlando.synth.v1`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from google.protobuf.duration_pb2 import Duration
from google.type import date_pb2, money_pb2

from parlando.audio.v1 import audio_pb2
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import SpokenWord, TimingQuality
from parlando_synth.description import EngineDescription, Price
from parlando_synth.events import Progress, Words
from parlando_synth.job import TextKind
from parlando_synth.order import Begun, Finished, Order, Samples, StopOutcome, StopReport, Together
from parlando_synth.pronunciation import Pronunciation
from parlando_synth.slot import State
from parlando_synth.voice import Gender, Voice
from parlando_synth.worker import Status

_KINDS = {
    pb.TEXT_KIND_UNSPECIFIED: TextKind.PLAIN,
    pb.TEXT_KIND_PLAIN: TextKind.PLAIN,
    pb.TEXT_KIND_SSML: TextKind.SSML,
    pb.TEXT_KIND_PHONEMES: TextKind.PHONEMES,
}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_GENDERS = {
    Gender.UNSTATED: pb.VOICE_GENDER_UNSPECIFIED,
    Gender.FEMALE: pb.VOICE_GENDER_FEMALE,
    Gender.MALE: pb.VOICE_GENDER_MALE,
    Gender.NEUTRAL: pb.VOICE_GENDER_NEUTRAL,
}
_QUALITIES = {
    TimingQuality.EXACT: audio_pb2.TIMING_QUALITY_EXACT,
    TimingQuality.ALIGNED: audio_pb2.TIMING_QUALITY_ALIGNED,
    TimingQuality.ESTIMATED: audio_pb2.TIMING_QUALITY_ESTIMATED,
}
_STATES = {
    State.LOADING: pb.ENGINE_STATE_LOADING,
    State.READY: pb.ENGINE_STATE_READY,
    State.DRAINING: pb.ENGINE_STATE_DRAINING,
    State.UNLOADED: pb.ENGINE_STATE_UNLOADED,
    State.FAILED: pb.ENGINE_STATE_FAILED,
}
_OUTCOMES = {
    StopOutcome.STOPPED: pb.STOP_OUTCOME_STOPPED,
    StopOutcome.ABANDONED: pb.STOP_OUTCOME_ABANDONED,
    StopOutcome.ALREADY_FINISHED: pb.STOP_OUTCOME_ALREADY_FINISHED,
    StopOutcome.UNCONFIRMED: pb.STOP_OUTCOME_UNCONFIRMED,
}


def order(request: pb.SynthesizeRequest) -> Order:
    """Return what a request orders.

    Raises:
        ParlandoError: OUT_OF_RANGE: a kind of text that there is not.
    """
    if request.text_kind not in _KINDS:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"text_kind is {request.text_kind}: use a TextKind of parlando.synth.v1",
            field="text_kind",
        )
    prosody, emotion = request.prosody, request.emotion
    return Order(
        id=request.synthesis_id,
        text=request.text,
        text_kind=_KINDS[request.text_kind],
        voice=request.voice,
        language=request.language,
        model=request.model,
        speed=prosody.speed if prosody.HasField("speed") else None,
        pitch_semitones=prosody.pitch_semitones if prosody.HasField("pitch_semitones") else None,
        volume_db=prosody.volume_db if prosody.HasField("volume_db") else None,
        emotion=emotion.name,
        emotion_intensity=emotion.intensity if emotion.HasField("intensity") else None,
        previous_text=request.previous_text,
        next_text=request.next_text,
        seed=request.seed if request.HasField("seed") else None,
        audio_queued=request.audio_queued.ToNanoseconds() / 1e9,
        options=dict(request.engine_options),
    )


def phonemize_order(request: pb.PhonemizeRequest) -> Order:
    """Return what a request to say how a text is pronounced orders."""
    return Order(id="", text=request.text, voice=request.voice, language=request.language)


def pronunciation(told: Pronunciation) -> pb.PhonemizeResponse:
    """Return the message that says how a text would be pronounced."""
    words = (
        pb.PhonemizedWord(
            spoken=audio_pb2.SpokenSpan(start=word.spoken.start, end=word.spoken.end), phonemes=word.phonemes
        )
        for word in told.words
    )
    return pb.PhonemizeResponse(voice=told.voice, phonemes=told.phonemes, words=words)


def response(together: Together, price: Price | None) -> pb.SynthesizeResponse:
    """Return the message that says outputs which are there together."""
    message = pb.SynthesizeResponse()
    for output in together:
        if isinstance(output, Samples):
            message.audio.pcm = output.pcm
            message.audio.first_sample = output.first_sample
        elif isinstance(output, Words):
            message.words.words.extend(_word(word) for word in output.words)
        elif isinstance(output, Progress):
            message.progress.fraction = output.fraction
        elif isinstance(output, Begun):
            message.started.CopyFrom(_started(output))
        else:
            message.finished.CopyFrom(_finished(output, price))
    return message


def stop_response(report: StopReport) -> pb.StopSynthesisResponse:
    """Return the message that reports a stop."""
    return pb.StopSynthesisResponse(
        outcome=_OUTCOMES[report.outcome],
        samples_made=report.samples_made,
        engine_time_after_stop=duration(report.engine_time_after_stop),
        idle_after=duration(report.idle_after),
    )


def voice_message(voice: Voice, engine: str) -> pb.Voice:
    """Return the message that describes a voice."""
    return pb.Voice(
        id=voice.id,
        name=voice.name,
        engine=engine,
        languages=voice.languages,
        gender=_GENDERS[voice.gender],
        age=voice.age,
        sample_rate_hz=voice.sample_rate_hz,
        cloned=voice.cloned,
        licence=voice.licence,
        description=voice.description,
        aliases=voice.aliases,
        consent_note=voice.consent_note,
        mix=voice.mix,
        revision=voice.revision,
    )


def description(status: Status, voices_revision: str, *, draining: bool) -> pb.DescribeEngineResponse:
    """Return the message that describes a worker; what only a loaded engine knows is unset before."""
    leaving = draining and status.state is State.READY
    load = pb.EngineLoad(
        live=status.live,
        queued=status.queued,
        real_time_factor=status.real_time_factor,
        first_chunk=None if status.first_chunk is None else duration(status.first_chunk),
        total=status.total,
        instances=status.instances,
    )
    message = pb.DescribeEngineResponse(
        engine=status.engine,
        worker_id=status.worker_id,
        voices_revision=voices_revision,
        capacity=pb.EngineCapacity(max_queued=status.max_queued, real_time_streams=status.real_time_streams),
        load=load,
        state=pb.ENGINE_STATE_DRAINING if leaving else _STATES[status.state],
        detail="it drains, and takes no more work" if leaving else status.detail,
    )
    if status.about is not None:
        message.MergeFrom(_about(status.about))
    return message


def _about(about: EngineDescription) -> pb.DescribeEngineResponse:
    capabilities = pb.EngineCapabilities(
        streams=about.streams,
        timing_quality=_QUALITIES[about.timing_quality],
        text_kinds=[_KIND_NUMBERS[kind] for kind in about.text_kinds],
        ssml_elements=about.ssml_elements,
        speed=about.speed,
        pitch=about.pitch,
        volume=about.volume,
        emotions=about.emotions,
        voice_mixing=about.voice_mixing,
        voice_cloning=about.voice_cloning,
        stoppable=about.stoppable,
        repeatable=about.repeatable,
        phonemizes=about.phonemizes,
    )
    limits = pb.EngineLimits(
        max_text_code_points=about.max_text_code_points,
        min_speed=about.min_speed,
        max_speed=about.max_speed,
        max_phonemes_per_run=about.max_phonemes_per_run,
        longest_silence=duration(about.longest_silence) if about.longest_silence else None,
    )
    return pb.DescribeEngineResponse(
        engine_version=about.version,
        model=about.model,
        capabilities=capabilities,
        limits=limits,
        capacity=pb.EngineCapacity(max_live=about.max_live),
        price=None if about.price is None else _price(about.price),
        licence=about.licence,
        default_voice=about.default_voice,
    )


def _price(price: Price) -> pb.EnginePrice:
    as_of = date.fromisoformat(price.as_of)
    return pb.EnginePrice(
        per_million_characters=_money(price.currency, price.per_million_characters),
        as_of=date_pb2.Date(year=as_of.year, month=as_of.month, day=as_of.day),
    )


def _started(begun: Begun) -> pb.SynthesisStarted:
    return pb.SynthesisStarted(
        voice=begun.voice,
        sample_rate_hz=begun.sample_rate_hz,
        timing_quality=_QUALITIES[begun.timing_quality],
        ignored=begun.ignored,
        queued=duration(begun.queued),
    )


def _word(word: SpokenWord) -> audio_pb2.WordTiming:
    return audio_pb2.WordTiming(
        spoken=audio_pb2.SpokenSpan(start=word.spoken.start, end=word.spoken.end),
        first_sample=word.first_sample,
        sample_count=word.sample_count,
        quality=_QUALITIES[word.quality],
    )


def _finished(finished: Finished, price: Price | None) -> pb.SynthesisFinished:
    charge = finished.charge
    usage = pb.Usage(
        characters=finished.characters if charge is None else charge.characters,
        reported_by_vendor=charge is not None,
    )
    if charge is not None:
        usage.cost.CopyFrom(_money(charge.currency, charge.cost))
    elif price is not None:
        cost = price.per_million_characters * finished.characters / 1_000_000
        usage.cost.CopyFrom(_money(price.currency, cost))
    deviation = finished.deviation
    return pb.SynthesisFinished(
        sample_count=finished.sample_count,
        engine_time=duration(finished.engine_time),
        usage=usage,
        deviation=None
        if deviation is None
        else pb.Deviation(missing=deviation.missing, added=deviation.added),
    )


def duration(seconds: float) -> Duration:
    """Return a time in seconds as a message."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message


def _money(currency: str, amount: Decimal) -> money_pb2.Money:
    units, nanos = divmod(round(amount * 10**9), 10**9)
    return money_pb2.Money(currency_code=currency, units=units, nanos=nanos)
