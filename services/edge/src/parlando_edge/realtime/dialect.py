"""The names a client knows events by: today's, or those of the beta for clients that ask for them.

The core speaks today's names. A client that connects with `OpenAI-Beta: realtime=v1` is served the beta's:
flat session settings, `response.audio.delta`, `conversation.item.created`, content of type `audio`.
"""

from __future__ import annotations

from typing import Any, Protocol

from parlando_edge.realtime.outputs import Event


class Dialect(Protocol):
    """Translates events on their way in and out."""

    def incoming(self, event: Event) -> Event:
        """Return a client's event in today's names. Values are passed on unchecked."""
        ...

    def outgoing(self, event: Event) -> Event | None:
        """Return an event in the client's names, or None where the client knows no such event."""
        ...


class Today:
    """The names of today: nothing to translate."""

    def incoming(self, event: Event) -> Event:
        """Return the event as it is."""
        return event

    def outgoing(self, event: Event) -> Event | None:
        """Return the event as it is."""
        return event


_EVENTS = {
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "conversation.item.added": "conversation.item.created",
}
_UNKNOWN = ("conversation.item.done",)
_PARTS = {"output_audio": "audio", "output_text": "text"}
_PARTS_TODAY = {name: today for today, name in _PARTS.items()}
_FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
_FORMATS_TODAY = {name: today for today, name in _FORMATS.items()}
_MODALITIES = ["audio", "text"]

# Flat in the beta; today under audio.input or audio.output.
_INPUT = {
    "input_audio_transcription": "transcription",
    "input_audio_noise_reduction": "noise_reduction",
    "turn_detection": "turn_detection",
}
_OUTPUT = ("voice", "speed")
_SAME = ("instructions", "parlando", "prompt", "tool_choice", "tools", "tracing")


class Beta:
    """The names of the beta."""

    def incoming(self, event: Event) -> Event:
        """Return a client's event in today's names."""
        translated = dict(event)
        if isinstance(event.get("session"), dict):
            translated["session"] = _settings_today(event["session"])
        if isinstance(event.get("item"), dict):
            translated["item"] = _item(event["item"], _PARTS_TODAY)
        if isinstance(event.get("response"), dict):
            translated["response"] = _response_today(event["response"])
        return translated

    def outgoing(self, event: Event) -> Event | None:
        """Return an event in the beta's names."""
        if event["type"] in _UNKNOWN:
            return None
        translated = {**event, "type": _EVENTS.get(event["type"], event["type"])}
        if "session" in event:
            translated["session"] = _session_beta(event["session"])
        if "item" in event:
            translated["item"] = _item(event["item"], _PARTS)
        if "response" in event:
            translated["response"] = _response_beta(event["response"])
        return translated


def _item(item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    content = item.get("content")
    if not isinstance(content, list):
        return item
    parts = [
        {**part, "type": names.get(part["type"], part["type"])}
        if isinstance(part, dict) and isinstance(part.get("type"), str)
        else part
        for part in content
    ]
    return {**item, "content": parts}


def _settings_today(session: dict[str, Any]) -> dict[str, Any]:
    given = {name: session[name] for name in (*_SAME, "model") if name in session}
    if "modalities" in session:
        given["output_modalities"] = session["modalities"]
    if "max_response_output_tokens" in session:
        given["max_output_tokens"] = session["max_response_output_tokens"]
    heard = {today: session[name] for name, today in _INPUT.items() if name in session}
    if "input_audio_format" in session:
        heard["format"] = _format_today(session["input_audio_format"])
    given["audio"] = {"input": heard, "output": _output_today(session)}
    if isinstance(session.get("audio"), dict) and "interrupt" in session["audio"]:
        given["audio"]["interrupt"] = session["audio"]["interrupt"]  # ours, by the same name
    return given


def _response_today(response: dict[str, Any]) -> dict[str, Any]:
    given = {**response, "audio": {"output": _output_today(response)}}
    if "modalities" in response:
        given["output_modalities"] = response["modalities"]
    if isinstance(response.get("input"), list):
        given["input"] = [
            _item(item, _PARTS_TODAY) if isinstance(item, dict) else item for item in response["input"]
        ]
    return given


def _output_today(settings: dict[str, Any]) -> dict[str, Any]:
    spoken = {name: settings[name] for name in _OUTPUT if name in settings}
    if "output_audio_format" in settings:
        spoken["format"] = _format_today(settings["output_audio_format"])
    return spoken


def _format_today(name: Any) -> dict[str, Any] | None:
    if name is None:
        return None
    return {"type": _FORMATS_TODAY.get(name, name) if isinstance(name, str) else name}


def _session_beta(session: dict[str, Any]) -> dict[str, Any]:
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    return {
        "id": session["id"],
        "object": "realtime.session",
        "model": session["model"],
        "modalities": _MODALITIES,
        **{name: session[name] for name in _SAME if name in session},
        "max_response_output_tokens": session.get("max_output_tokens", "inf"),
        "input_audio_format": _format_beta(heard.get("format")),
        "output_audio_format": _FORMATS[spoken["format"]["type"]],
        **{name: heard[today] for name, today in _INPUT.items() if today in heard},
        **{name: spoken[name] for name in _OUTPUT if name in spoken},
    }


def _format_beta(shown: Any) -> str:
    kind = shown.get("type") if isinstance(shown, dict) else None
    return _FORMATS.get(kind, "pcm16") if isinstance(kind, str) else "pcm16"


def _response_beta(response: dict[str, Any]) -> dict[str, Any]:
    shown = {
        n: v for n, v in response.items() if n not in ("audio", "output_modalities", "max_output_tokens")
    }
    spoken = response["audio"]["output"]
    return {
        **shown,
        "modalities": _MODALITIES,
        "output_audio_format": _FORMATS[spoken["format"]["type"]],
        **({"voice": spoken["voice"]} if "voice" in spoken else {}),
        "output": [_item(item, _PARTS) for item in response["output"]],
    }
