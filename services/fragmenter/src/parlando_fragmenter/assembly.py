"""The fragmenter's parts, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from parlando_fragmenter import language_model
from parlando_fragmenter.languages import GuessedLanguages, Languages
from parlando_fragmenter.servicer import FragmenterServicer, fragmenter_service
from parlando_fragmenter.settings import FragmenterSettings, LanguageGuess
from parlando_kit import telemetry
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server


def assemble(settings: FragmenterSettings) -> Server:
    """Return the server, to be started."""
    servicer = FragmenterServicer(
        MonotonicClock(), telemetry.meter("fragmenter"), settings.disabled_rules, _guess(settings)
    )
    return Server(settings, [fragmenter_service(servicer)], telemetry.server_interceptors(settings))


def _guess(settings: FragmenterSettings) -> Callable[[], Languages] | None:
    match settings.guess_language:
        case LanguageGuess.NOT:
            return None
        case LanguageGuess.WRITING:
            return GuessedLanguages
        case LanguageGuess.MODEL:
            # Loaded before anything is served, so that no text waits for it.
            return partial(GuessedLanguages, language_model.load(settings.among), settings.among)
