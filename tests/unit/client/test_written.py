from __future__ import annotations

import os

from parlando_client.cli.written import given, piped


async def test_a_pipe_is_read_as_it_is_written_and_characters_stay_whole() -> None:
    reading, writing = os.pipe()
    texts = piped(reading)
    letters = "aé€𝄞".encode()
    got = ""
    for byte in letters[:-1]:
        os.write(writing, bytes([byte]))
        if byte == letters[0]:
            assert await anext(texts) == "a"  # at once: nothing waits for a line or a full buffer
    os.write(writing, letters[-1:])
    os.close(writing)
    got = "a" + "".join([text async for text in texts])
    os.close(reading)
    assert got == "aé€𝄞"


async def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"ok\xff \xed\xa0\x80 \xe2\x82")
    os.close(writing)
    text = "".join([text async for text in piped(reading)])
    os.close(reading)
    assert text.startswith("ok\N{REPLACEMENT CHARACTER} ")
    assert text.endswith(" \N{REPLACEMENT CHARACTER}")
    text.encode()  # no surrogates


async def test_a_given_text_comes_whole() -> None:
    assert [text async for text in given("all of it")] == ["all of it"]
