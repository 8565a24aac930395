"""`python -m parlando_fragmenter`: the fragmenter, served."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

from parlando_fragmenter import language_model
from parlando_fragmenter.languages import GuessedLanguages, Languages
from parlando_fragmenter.servicer import FragmenterServicer, fragmenter_service
from parlando_fragmenter.settings import FragmenterSettings, LanguageGuess
from parlando_kit import lifecycle, telemetry
from parlando_kit.clock import MonotonicClock
from parlando_kit.server import Server


def main() -> None:
    """Serve until told to stop."""
    settings = FragmenterSettings.from_environment()

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("fragmenter", settings, resources)
        servicer = FragmenterServicer(
            MonotonicClock(), telemetry.meter("fragmenter"), settings.disabled_rules, _guess(settings)
        )
        return Server(settings, [fragmenter_service(servicer)], telemetry.server_interceptors(settings))

    lifecycle.run("fragmenter", settings, build, pushes=False)


def _guess(settings: FragmenterSettings) -> Callable[[], Languages] | None:
    match settings.guess_language:
        case LanguageGuess.NOT:
            return None
        case LanguageGuess.WRITING:
            return GuessedLanguages
        case LanguageGuess.MODEL:
            # Loaded before anything is served, so that no text waits for it.
            return partial(GuessedLanguages, language_model.load(settings.among), settings.among)


if __name__ == "__main__":
    main()
