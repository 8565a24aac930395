"""What a scripted engine is told to do."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Script(BaseModel):
    """How a job goes. Set for all jobs by SCRIPTED_<NAME>, for one by the job option <name>."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    first_chunk_ms: float = Field(default=0.0, ge=0, description="wall time before the first audio")
    rate: float = Field(default=0.0, ge=0, description="audio made per wall time; 0: as fast as possible")
    chunk_ms: float = Field(default=40.0, ge=1, description="audio per chunk")
    word_ms: float = Field(default=0.0, ge=0, description="audio per word, whatever its length")
    character_ms: float = Field(default=60.0, ge=0, description="audio per character of a word, on top")
    timing: Literal["exact", "estimated"] = Field(default="exact", description="quality of word times")
    fail_after_ms: float = Field(default=-1.0, description="audio before it fails; below 0: never")
    fail_with: str = Field(
        default="ENGINE_FAILED",
        description="the reason it fails with; empty: an exception that no engine should raise",
    )
    hang_after_ms: float = Field(
        default=-1.0,
        description="audio before it stands still until it is stopped; below 0: never",
    )
    stop_ms: float = Field(default=0.0, ge=0, description="wall time from a stop to the end of the work")
    odd_bytes: bool = Field(default=False, description="the first chunk lacks its last byte")
    no_audio: bool = Field(default=False, description="it says nothing at all, and succeeds")


class ScriptedSettings(BaseSettings, Script):
    """What the engine itself is told, with the script its jobs begin from."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="SCRIPTED_")

    instances: int = Field(default=2, ge=1, description="syntheses at a time")
    sample_rate_hz: int = Field(default=24_000, ge=8_000, le=48_000, description="rate of the audio")
    max_text_code_points: int = Field(default=5_000, ge=1, description="longest text of a job")
    streams: bool = Field(default=True, description="false: all audio is made before the first leaves")
    stoppable: bool = Field(default=True, description="false: it describes itself as one that goes on")
    rehearsal: str = Field(default="", description="what it speaks once it is loaded, to be measured")
    phonemizes: bool = Field(default=True, description="false: it does not say how it pronounces")
    voices: Path | None = Field(default=None, description="folder of cloned voices; none: it clones none")
    open_ms: float = Field(default=0.0, ge=0, description="wall time to open an instance")
    open_fails: bool = Field(default=False, description="no instance can be opened")
    log: str = Field(default="", description="file that begins, first bytes and ends are appended to")
