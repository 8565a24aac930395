"""Who kills a service that does not end waits for as long as its end may take."""

from dataclasses import fields
from pathlib import Path

import yaml

from parlando_client.supervisor.child import Child
from parlando_client.supervisor.system import Places, children
from parlando_edge.http_server import CLOSE_SECONDS
from parlando_kit.server import LEAVING_SECONDS
from parlando_kit.settings import ServerSettings
from parlando_kit.telemetry import COLLECTOR_SECONDS

_COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
_KILLS_AFTER = {field.name: field.default for field in fields(Child)}["stop_seconds"]
_SPARE_SECONDS = 2.0  # for a process to end on a busy machine once all that it waits for is over


def test_a_service_has_ended_before_it_is_killed() -> None:
    drain = ServerSettings.model_fields["drain_seconds"].default
    leaving = max(LEAVING_SECONDS, CLOSE_SECONDS)
    telemetry = 2 * COLLECTOR_SECONDS  # traces and metrics
    assert drain + leaving + telemetry + _SPARE_SECONDS <= _KILLS_AFTER


def test_four_services_in_one_process_have_ended_before_it_is_killed() -> None:
    places = Places(edges=(1,), routers=(2,), session=3, fragmenter=4, workers=(), together=True)
    killed_after = next(child.stop_seconds for child in children(places) if child.name == "together")
    drain = ServerSettings.model_fields["drain_seconds"].default
    leaving = CLOSE_SECONDS + 3 * LEAVING_SECONDS  # edge; router, fragmenter and worker
    assert drain + leaving + 2 * COLLECTOR_SECONDS + _SPARE_SECONDS <= killed_after


def test_compose_waits_for_as_long_as_the_supervisor() -> None:
    assert _COMPOSE["x-service"]["stop_grace_period"] == f"{_KILLS_AFTER:g}s"
