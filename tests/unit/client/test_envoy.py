from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from parlando_client.supervisor.envoy import ORIGINS_OF_THIS_MACHINE, Front, configuration, why_no_envoy
from parlando_edge.http_server import KEEP_ALIVE_SECONDS

FRONT = Front(port=1, admin_port=2)


def read(front: Front) -> Any:
    return yaml.safe_load(configuration(front, edges=[3, 6], routers=[4, 5]))


def connections(config: Any) -> Any:
    """Return what the listener does with connections."""
    (listener,) = config["static_resources"]["listeners"]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def addresses(cluster: Any) -> list[tuple[str, int]]:
    endpoints = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    found = [endpoint["endpoint"]["address"]["socket_address"] for endpoint in endpoints]
    return [(each["address"], each["port_value"]) for each in found]


def test_every_address_is_on_this_machine() -> None:
    config = read(FRONT)
    clusters = {cluster["name"]: addresses(cluster) for cluster in config["static_resources"]["clusters"]}
    assert clusters == {
        "edge": [("127.0.0.1", 3), ("127.0.0.1", 6)],
        "router": [("127.0.0.1", 4), ("127.0.0.1", 5)],
        "traces": [("127.0.0.1", 4317)],
    }
    (listener,) = config["static_resources"]["listeners"]
    assert listener["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 1}
    assert config["admin"]["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 2}


@pytest.mark.parametrize(
    ("endpoint", "percent", "collector"),
    [
        ("", 0, ("127.0.0.1", 4317)),
        ("http://collector:4444", 100, ("collector", 4444)),
        ("http://collector", 100, ("collector", 4317)),
    ],
)
def test_requests_are_traced_where_there_is_a_collector(
    endpoint: str, percent: int, collector: tuple[str, int]
) -> None:
    config = read(Front(port=1, admin_port=2, otlp_endpoint=endpoint))
    assert connections(config)["tracing"]["random_sampling"] == {"value": percent}
    assert addresses(config["static_resources"]["clusters"][-1]) == [collector]


@pytest.mark.parametrize(
    "origins", [ORIGINS_OF_THIS_MACHINE, r"https://\w+\.example", 'a"b: $c', "a'b", "${LISTEN_PORT}"]
)
def test_any_regular_expression_of_origins_arrives_as_it_is(origins: str) -> None:
    (host,) = connections(read(Front(port=1, admin_port=2, origins=origins)))["route_config"]["virtual_hosts"]
    policy = host["typed_per_filter_config"]["envoy.filters.http.cors"]
    assert policy["allow_origin_string_match"] == [{"safe_regex": {"regex": origins}}]


def test_the_descriptors_are_a_file() -> None:
    filters = {each["name"]: each["typed_config"] for each in connections(read(FRONT))["http_filters"]}
    assert Path(filters["envoy.filters.http.grpc_json_transcoder"]["proto_descriptor"]).is_file()


def test_an_idle_connection_is_let_go_before_the_edge_closes_it() -> None:
    edge = read(FRONT)["static_resources"]["clusters"][0]
    (options,) = edge["typed_extension_protocol_options"].values()
    idle = options["common_http_protocol_options"]["idle_timeout"]
    assert (edge["name"], idle[-1]) == ("edge", "s")
    assert 0 < float(idle[:-1]) < KEEP_ALIVE_SECONDS


def test_the_machine_of_the_tests_has_envoy() -> None:
    assert why_no_envoy() == ""


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost:8443", "http://127.0.0.1:1"])
def test_origins_of_this_machine(origin: str) -> None:
    assert re.fullmatch(ORIGINS_OF_THIS_MACHINE, origin)
