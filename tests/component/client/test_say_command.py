from __future__ import annotations

import os
import signal
import subprocess
import wave
from collections.abc import Iterator
from typing import TYPE_CHECKING

import grpc
import pytest

from parlando.speech.v1 import speech_pb2

if TYPE_CHECKING:
    from tests.component.client.conftest import CommandLine, FakeSpeech

Context = grpc.ServicerContext
Requests = Iterator[speech_pb2.SpeakRequest]
Events = Iterator[speech_pb2.SpeechEvent]


def pcm(speech: FakeSpeech, text: str) -> bytes:
    """Return what the fake says for a text."""
    return b"".join(event.audio.data for event in speech.sounding(text))


def next_of_kind(speech: FakeSpeech, kind: str) -> speech_pb2.SpeakRequest:
    """Wait for the next request of a kind."""
    while (request := speech.arriving.get(timeout=20)).WhichOneof("message") != kind:
        pass
    return request


def test_a_file_gets_every_sample_and_an_exact_header(parlando: CommandLine, speech: FakeSpeech) -> None:
    status, out, err = parlando.run(
        *("say", "Hello there.", "-o", "speech.wav", "--rate", "16000", "--voice", "v", "--engine", "e"),
        *("--language", "en", "--speed", "1.5", "--session", "s1"),
    )
    assert (status, out, err) == (0, b"", "")
    with wave.open(str(parlando.folder / "speech.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.readframes(10**6) == pcm(speech, "Hello there.")
    settings = speech.asked[0].open.settings
    assert (settings.voice, settings.engine, settings.language) == ("v", "e", "en")
    assert (settings.prosody.speed, settings.format.sample_rate_hz) == (1.5, 16_000)
    assert settings.session_id == "s1"
    assert settings.playout_mode == speech_pb2.PLAYOUT_MODE_UNPACED


def test_words_without_quotes_are_one_text(parlando: CommandLine, speech: FakeSpeech) -> None:
    status, out, err = parlando.run("say", "Hello", "--voice", "v", "there.", "-o", "-", "--", "-5", "C")
    assert (status, err) == (0, "")
    assert out[44:] == pcm(speech, "Hello there. -5 C")
    assert speech.asked[0].open.settings.voice == "v"


def test_standard_output_gets_a_stream(parlando: CommandLine, speech: FakeSpeech) -> None:
    status, out, err = parlando.run("say", "Hello there.", "-o", "-")
    assert (status, err) == (0, "")
    assert out[:4] == b"RIFF"
    assert out[40:44] == b"\xff\xff\xff\xff"
    assert out[44:] == pcm(speech, "Hello there.")


def test_sound_is_played_by_the_machines_own_player(parlando: CommandLine, speech: FakeSpeech) -> None:
    played = parlando.install_player()
    status, out, err = parlando.run("say", "Hello there.")
    assert (status, out, err) == (0, b"", "")
    assert played.read_bytes() == pcm(speech, "Hello there.")
    assert "--rate=24000" in (parlando.folder / "arguments").read_text()
    assert speech.asked[0].open.settings.playout_mode == speech_pb2.PLAYOUT_MODE_REPORTED


def test_a_terminal_shows_the_words_as_they_are_heard(parlando: CommandLine) -> None:
    parlando.install_player()
    terminal, device = os.openpty()
    with parlando.start("say", "Hello there.", stderr=device) as process:
        os.close(device)
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # how Linux says that a terminal has no other end any more
            pass
        assert process.wait(20) == 0
    os.close(terminal)
    assert b"Hello \x1b[1;7mthere.\x1b[0m" in shown


def test_playback_is_reported(parlando: CommandLine, speech: FakeSpeech) -> None:
    parlando.install_player()

    def speak(requests: Requests, _: Context) -> Events:
        yield speech.started()
        yield from speech.sounding("x" * 1_000)
        for request in requests:
            if request.playback.samples_played > 0:
                break
        yield speech.finished(1_000)

    speech.speak = speak
    status, _, err = parlando.run("say", "x")
    assert (status, err) == (0, "")


def test_without_a_device_one_line_says_what_to_do(parlando: CommandLine, speech: FakeSpeech) -> None:
    status, out, err = parlando.run("say", "Hello there.")
    assert (status, out) == (1, b"")
    assert err.startswith("parlando: ")
    assert err.endswith("-o speech.wav\n")
    assert err.count("\n") == 1
    assert speech.asked == []


def test_text_from_a_pipe_is_spoken_as_it_arrives(parlando: CommandLine, speech: FakeSpeech) -> None:
    with parlando.start("say", "-o", "speech.wav") as process:
        assert process.stdin is not None
        for part in ("Hel", "lo th", "ére."):
            process.stdin.write(part.encode())
            process.stdin.flush()
            assert next_of_kind(speech, "text").text.text == part
        process.stdin.close()
        assert process.wait(20) == 0
    with wave.open(str(parlando.folder / "speech.wav")) as file:
        assert file.getnframes() == 240 * len("Hello thére.")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_and_waits_for_the_report(
    parlando: CommandLine, speech: FakeSpeech, number: int, status: int
) -> None:
    with parlando.start("say", "-o", "speech.wav") as process:
        assert process.stdin is not None
        process.stdin.write(b"Hello there.")
        process.stdin.flush()
        next_of_kind(speech, "text")
        process.send_signal(number)
        next_of_kind(speech, "cancel")
        assert process.wait(20) == status
    with wave.open(str(parlando.folder / "speech.wav")) as file:  # what there is has an exact header
        assert file.getnframes() in {0, 240 * len("Hello there.")}


def test_a_second_signal_does_not_wait(parlando: CommandLine, speech: FakeSpeech) -> None:
    def speak(requests: Requests, _: Context) -> Events:
        yield speech.started()
        for _request in requests:  # and no answer to any
            pass

    speech.speak = speak
    with parlando.start("say", "-o", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert len(process.stdout.read(44)) == 44
        process.send_signal(signal.SIGINT)
        next_of_kind(speech, "cancel")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert speech.over.wait(10)
    assert speech.broken_off


def test_a_reader_that_leaves_ends_the_work(parlando: CommandLine, speech: FakeSpeech) -> None:
    def speak(_: Requests, context: Context) -> Events:
        yield speech.started()
        while context.is_active():
            yield from speech.sounding("x" * 100)

    speech.speak = speak
    with parlando.start("say", "Hello", "-o", "-") as process:
        assert process.stdout is not None
        process.stdout.read(100)
        process.stdout.close()
        assert process.wait(20) == 128 + signal.SIGPIPE
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert speech.over.wait(10)


def test_a_failure_is_one_line_and_what_was_said_is_kept(parlando: CommandLine, speech: FakeSpeech) -> None:
    def speak(_: Requests, context: Context) -> Events:
        yield speech.started()
        yield from speech.sounding("Hello")
        context.abort_with_status(
            speech.refusal(grpc.StatusCode.UNAVAILABLE, "the engine failed", "ENGINE_FAILED", "", 2)
        )

    speech.speak = speak
    status, out, err = parlando.run("say", "Hello there.", "-o", "speech.wav")
    assert (status, out) == (1, b"")
    assert err == "parlando: the engine failed (try again in 2 s)\n"
    with wave.open(str(parlando.folder / "speech.wav")) as file:
        assert file.readframes(10**6) == pcm(speech, "Hello")


def test_a_player_that_ends_is_named(parlando: CommandLine) -> None:
    parlando.install_player()
    (parlando.folder / "bin" / "paplay").write_text("#!/bin/sh\nexit 3\n")
    status, _, err = parlando.run("say", "Hello there.")
    assert status == 1
    assert err == "parlando: paplay ended with status 3: write a file with -o speech.wav\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("say", " \n"), "there is nothing to speak"),
        (("say", "Hello", "-o", "speech.mp3"), "speech.mp3 is no .wav file"),
        (("say", "Hello", "-o", "nowhere/speech.wav"), "nowhere/speech.wav: No such file or directory"),
        (("say", "Hello", "-o", "speech.wav", "--address", "127.0.0.1:1"), "no answer from 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    parlando: CommandLine, arguments: tuple[str, ...], complaint: str
) -> None:
    status, out, err = parlando.run(*arguments)
    assert (status, out) == (1, b"")
    assert err.startswith(f"parlando: {complaint}")
    assert err.count("\n") == 1
    assert not (parlando.folder / "speech.wav").exists()


def test_a_pipe_with_nothing_to_speak_says_so(parlando: CommandLine, speech: FakeSpeech) -> None:
    status, _, err = parlando.run("say", "-o", "speech.wav", given=b"")
    assert status == 1
    assert err == "parlando: there is nothing in the text that can be spoken\n"
    assert speech.over.wait(10)


def test_without_a_text_at_a_terminal_it_asks_for_one(parlando: CommandLine) -> None:
    terminal, device = os.openpty()
    with parlando.start("say", stdin=device, stderr=subprocess.PIPE) as process:
        _, err = process.communicate(timeout=20)
    os.close(device)
    os.close(terminal)
    assert process.returncode == 2
    assert b"say what?" in err
