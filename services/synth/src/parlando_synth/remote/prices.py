"""What vendors charge: one dated file, an estimate by characters, and the cost of reported usage."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.description import Price
from parlando_synth.events import Charge

_log = logging.getLogger(__name__)

_MILLION = 1_000_000
_CODE_POINTS_PER_SECOND = 16  # as the router reckons the length of a text
_CODE_POINTS_PER_TOKEN = 4  # of English, as vendors reckon it


class Tariff(BaseModel):
    """A row of the file: by characters, or by tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: str = Field(min_length=1)
    model: str = Field(min_length=1)
    currency: str = Field(pattern="^[A-Z]{3}$")
    per_million_characters: Decimal | None = Field(default=None, ge=0)
    per_million_text_tokens: Decimal = Field(default=Decimal(0), ge=0)
    per_million_audio_tokens: Decimal | None = Field(default=None, ge=0)
    per_million_transcript_tokens: Decimal = Field(default=Decimal(0), ge=0)
    audio_tokens_per_second: Decimal = Field(default=Decimal(0), ge=0)
    as_of: date
    source: str = Field(min_length=1)

    def price(self) -> Price:
        """Return the price of a million characters; where tokens are billed, of those they likely take."""
        price = self.per_million_characters
        if price is None:
            seconds = Decimal(_MILLION) / _CODE_POINTS_PER_SECOND
            audio, text = seconds * self.audio_tokens_per_second, Decimal(_MILLION) / _CODE_POINTS_PER_TOKEN
            price = self._of_tokens(text, audio, text)
        return Price(self.currency, price, self.as_of.isoformat())

    def charge_for_tokens(
        self, characters: int, text_tokens: int, audio_tokens: int, transcript_tokens: int = 0
    ) -> Charge:
        """Return what reported usage comes to: tokens of text in, of sound out, and of its transcript."""
        cost = self._of_tokens(Decimal(text_tokens), Decimal(audio_tokens), Decimal(transcript_tokens))
        return Charge(characters, self.currency, cost)

    def charge_for_characters(self, characters: int) -> Charge:
        """Return what usage comes to that the vendor reports, in characters."""
        price = self.per_million_characters or Decimal(0)
        return Charge(characters, self.currency, price * characters / _MILLION)

    def _of_tokens(self, text: Decimal, audio: Decimal, transcript: Decimal) -> Decimal:
        cost = text * self.per_million_text_tokens + transcript * self.per_million_transcript_tokens
        return (cost + audio * (self.per_million_audio_tokens or Decimal(0))) / _MILLION


@dataclass(frozen=True, slots=True)
class _Tariffs:
    """The rows of one file."""

    rows: tuple[Tariff, ...]

    def find(self, vendor: str, model: str) -> Tariff | None:
        for row in self.rows:
            if (row.vendor, row.model) == (vendor, model):
                return row
        return None


def tariff(vendor: str, model: str, own: Path | None = None) -> Tariff | None:
    """Return what a vendor charges for a model; None, and a warning, where no row says so.

    Args:
        vendor: as the file names it.
        model: likewise.
        own: a file whose rows go before those that come with the package.

    Raises:
        ParlandoError: OUT_OF_RANGE: the file cannot be read.
    """
    found = _read(own.expanduser()).find(vendor, model) if own is not None else None
    found = found or _published().find(vendor, model)
    if found is None:
        _log.warning("no price is known for %s %s: what it costs counts as nothing", vendor, model)
    return found


@cache
def _published() -> _Tariffs:
    return _parsed(files("parlando_synth.remote").joinpath("prices.toml").read_text(encoding="utf-8"))


def _read(path: Path) -> _Tariffs:
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = "cannot be read"
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            what = f"is wrong at {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ParlandoError(Reason.OUT_OF_RANGE, f"the prices in {path}: the file {what}") from None


def _parsed(text: str) -> _Tariffs:
    class Rows(BaseModel):
        model_config = ConfigDict(extra="forbid")

        price: tuple[Tariff, ...] = ()

    return _Tariffs(Rows.model_validate(tomllib.loads(text)).price)
