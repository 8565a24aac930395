"""Generate protos/gen from protos/parlando: typed Python stubs, and the descriptors that Envoy transcodes by.

    tools/genproto.py            regenerate protos/gen in place
    tools/genproto.py --vendor   only copy the third-party protos that buf needs into .build/googleapis
    tools/genproto.py --check    regenerate elsewhere; exit 1 and name each file that differs

The third-party protos come out of the installed googleapis-common-protos wheel, so that nothing of
Google's is committed and buf works without a schema registry.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
GEN = PROTOS / "gen"
DESCRIPTORS = "parlando/descriptors.binpb"
VENDORED = ROOT / ".build" / "googleapis"
THIRD_PARTY = (
    "google/api/annotations.proto",
    "google/api/http.proto",
    "google/api/httpbody.proto",
    "google/rpc/status.proto",
    "google/type/date.proto",
    "google/type/money.proto",
)


def vendor() -> None:
    """Copy the third-party protos out of the installed wheel into .build/googleapis."""
    google = resources.files("google.api").joinpath("..")
    for name in THIRD_PARTY:
        target = VENDORED / name
        proto = google.joinpath("..", name).read_bytes()
        if not target.exists() or target.read_bytes() != proto:  # buf may be reading it
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(proto)


def generate(out: Path) -> None:
    """Write messages, typed stubs, service classes and descriptors for every proto into `out`.

    Raises:
        SystemExit: protoc refused a file; it has printed why.
    """
    well_known = resources.files("grpc_tools").joinpath("_proto")
    files = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "parlando").rglob("*.proto"))
    (out / DESCRIPTORS).parent.mkdir(parents=True, exist_ok=True)
    # The type-stub plugin is a script beside this interpreter.
    mypy_grpc = Path(sys.executable).with_name("protoc-gen-mypy_grpc")
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={PROTOS}",
            f"--proto_path={VENDORED}",
            f"--proto_path={well_known}",
            f"--plugin=protoc-gen-mypy_grpc={mypy_grpc}",
            f"--python_out={out}",
            f"--pyi_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_grpc_out=quiet:{out}",
            "--include_imports",
            f"--descriptor_set_out={out / DESCRIPTORS}",
            *files,
        ],
    )
    if status:
        raise SystemExit(status)
    # A message file without services yields an empty service module; nobody should import it.
    for stub in [*out.rglob("*_pb2_grpc.py"), *out.rglob("*_pb2_grpc.pyi")]:
        if not stub.stem.endswith("service_pb2_grpc"):
            stub.unlink()
    for folder in {path.parent for path in out.rglob("*_pb2.py")}:
        (folder / "__init__.py").touch()
    (out / "parlando" / "py.typed").touch()


def differences(fresh: Path, committed: Path) -> list[str]:
    """Name every file that is missing, stale or left over, relative to the generated tree."""
    names = {
        str(path.relative_to(tree))
        for tree in (fresh, committed)
        for path in tree.rglob("*")
        if path.is_file() and path.suffix in {".py", ".pyi", ".typed", ".binpb"}
    }
    return sorted(
        name
        for name in names
        if not (fresh / name).exists()
        or not (committed / name).exists()
        or not filecmp.cmp(fresh / name, committed / name, shallow=False)
    )


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--vendor", action="store_true", help="only copy the third-party protos")
    action.add_argument("--check", action="store_true", help="compare with what is committed")
    arguments = parser.parse_args()
    vendor()
    if arguments.vendor:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        generate(fresh)
        stale = differences(fresh, GEN)
        if arguments.check:
            for name in stale:
                print(f"protos/gen/{name} differs: run `make protos`")
            return 1 if stale else 0
        if stale:
            shutil.rmtree(GEN / "parlando", ignore_errors=True)
            # Not the scratch folder itself, which is private to its maker.
            shutil.copytree(fresh / "parlando", GEN / "parlando")
    return 0


if __name__ == "__main__":
    sys.exit(main())
