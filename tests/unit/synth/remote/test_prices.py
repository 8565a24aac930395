"""Prices: published rows are whole, reported usage is reckoned, and a file of one's own goes first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.description import Price
from parlando_synth.events import Charge
from parlando_synth.remote.prices import Tariff, tariff

OWN = """
[[price]]
vendor = "openai"
model = "tts-1"
currency = "EUR"
per_million_characters = "9.50"
as_of = 2026-11-01
source = "contract 17"
"""


def test_a_row_of_characters() -> None:
    row = tariff("openai", "tts-1-hd")
    assert row is not None
    assert row.price() == Price("USD", Decimal("30.00"), row.as_of.isoformat())
    assert row.charge_for_characters(1_000) == Charge(1_000, "USD", Decimal("0.03"))


def test_a_row_of_tokens() -> None:
    row = Tariff(
        vendor="acme",
        model="m",
        currency="USD",
        per_million_text_tokens=Decimal("0.60"),
        per_million_audio_tokens=Decimal(12),
        audio_tokens_per_second=Decimal(20),
        as_of=date(2026, 6, 1),
        source="example",
    )
    assert row.charge_for_tokens(40, 10, 1_200) == Charge(40, "USD", Decimal("0.014406"))
    # A million characters are 62,500 seconds of 20 tokens each, and a quarter of a million tokens of text.
    assert row.price() == Price("USD", Decimal("15.15"), "2026-06-01")


@pytest.mark.parametrize(
    ("vendor", "model", "what", "published"),
    [
        # A bill of 2 November 2025 for 4,095 characters, as its payer published it:
        # raw.githubusercontent.com/sanand0/blog/main/posts/2025/openai-tts-cost.md
        ("openai", "tts-1", ("characters", 4_095), "0.061425"),
        # "About $0.015 a minute", on OpenAI's page of prices, as of the row's date.
        ("openai", "gpt-4o-mini-tts", ("seconds", 60), "0.015"),
        # A token for each 50 ms, at $64 and $20 a million: OpenAI's guide to the costs of Realtime
        # (developers.openai.com/api/docs/guides/realtime-costs), as of the row's date.
        ("openai-realtime", "gpt-realtime-2.1", ("seconds", 60), "0.0768"),
        ("openai-realtime", "gpt-realtime-2.1-mini", ("seconds", 60), "0.024"),
        # What a month of a plan buys (Starter is $6, Pro $99), on ElevenLabs' page of prices,
        # elevenlabs.io/pricing/api, as public notes of early October 2026 quote it.
        ("elevenlabs", "eleven_v3", ("characters", 75_000), "6"),
        ("elevenlabs", "eleven_flash_v2_5", ("characters", 150_000), "6"),
        ("elevenlabs", "eleven_turbo_v2_5", ("characters", 2_475_000), "99"),
        # The same page names these by the thousand alone.
        ("elevenlabs", "eleven_multilingual_v2", ("characters", 1_000), "0.08"),
        ("elevenlabs", "eleven_v4", ("characters", 1_000), "0.08"),
        ("elevenlabs", "eleven_v4_turbo", ("characters", 1_000), "0.04"),
        # Google works out no example. Its page, cloud.google.com/text-to-speech/pricing, has each price for a
        # character and for a million; the first as a public note of 3 September 2026 quotes it.
        ("google", "standard", ("characters", 1), "0.000004"),
        ("google", "wavenet", ("characters", 1), "0.000004"),
        ("google", "neural2", ("characters", 1), "0.000016"),
        ("google", "chirp3-hd", ("characters", 1), "0.00003"),
        ("google", "studio", ("characters", 1), "0.00016"),
    ],
)
def test_published_examples_come_out(vendor: str, model: str, what: tuple[str, int], published: str) -> None:
    row = tariff(vendor, model)
    assert row is not None
    kind, amount = what
    if kind == "characters":
        cost = row.charge_for_characters(amount).cost
    else:
        cost = row.charge_for_tokens(0, 0, round(amount * row.audio_tokens_per_second)).cost
    assert cost == pytest.approx(Decimal(published), rel=Decimal("0.01"))


def test_a_model_that_no_row_names_has_no_price_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    assert tariff("openai", "no-such-model") is None
    assert "no price is known for openai no-such-model" in caplog.text


def test_a_file_of_ones_own_goes_before(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(OWN)
    for model, price in (("tts-1", Price("EUR", Decimal("9.50"), "2026-11-01")), ("tts-1-hd", None)):
        row = tariff("openai", model, own)
        assert row is not None
        assert price is None or row.price() == price


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("no toml", "cannot be read"),
        (OWN.replace('"9.50"', '"-1"'), "price.0.per_million_characters"),
        (OWN.replace("currency", "money"), "price.0.currency"),
        (OWN.replace("as_of = 2026-11-01", ""), "price.0.as_of"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, wrong: str, told: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(wrong)
    with pytest.raises(ParlandoError) as refused:
        tariff("openai", "tts-1", own)
    assert refused.value.reason is Reason.OUT_OF_RANGE
    assert str(own) in refused.value.message
    assert told in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParlandoError, match="cannot be read"):
        tariff("openai", "tts-1", tmp_path / "none.toml")
