"""Every telemetry name, in one place. A test finds no other name in use, and every name here used."""

from __future__ import annotations

FIRST_CHUNK = "parlando.first_chunk"
CANCEL_LAST_BYTE = "parlando.cancel.last_byte"
CANCEL_ENGINE_IDLE = "parlando.cancel.engine_idle"
LIVE_CALLS = "parlando.live_calls"
LIVE_TASKS = "parlando.live_tasks"
LIVE_SYNTHESES = "parlando.live_syntheses"
QUEUED_SYNTHESES = "parlando.queued_syntheses"
INSTANCES = "parlando.instances"
UNHEARD_SECONDS = "parlando.unheard"
REQUESTS = "parlando.requests"
FAILURES = "parlando.failures"
FAILOVERS = "parlando.failovers"
SEAMS = "parlando.seams"

HOP = "parlando.hop"
ENGINE = "parlando.engine"
REASON = "parlando.reason"
TIMING_QUALITY = "parlando.timing_quality"
STOP_OUTCOME = "parlando.stop.outcome"
