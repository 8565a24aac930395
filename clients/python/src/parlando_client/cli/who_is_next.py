"""What the doctor says of engines: who would get the next request, and why not the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parlando_client.catalogue import Engine, Replica
from parlando_client.cli.findings import Finding, Verdict

_HOW_TO_START = "start one with `parlando up`, or list its address in ENGINES"


def report(engines: Sequence[Engine], language: str) -> Iterator[Finding]:
    """Yield findings on engines as the router lists them for a text in a language; "" states none."""
    if not engines:
        yield Finding(Verdict.WRONG, "engines: the router has none: set ENGINES to workers' addresses")
        return
    yield _next(engines, f' for a text in "{language}"' if language else "")
    lives = any(replica.serving for engine in engines for replica in engine.replicas)
    for engine in engines:
        yield from _workers(engine, Verdict.NOTE if lives else Verdict.WRONG)
        yield from _voices(engine)


def _next(engines: Sequence[Engine], text: str) -> Finding:
    asked = [engine for engine in engines if engine.asked]
    first = next((engine for engine in asked if any(each.serving for each in engine.replicas)), None)
    primary = next((engine for engine in engines if engine.primary), None)
    if not asked:
        return Finding(Verdict.WRONG, f"next: nobody would be asked{text}: see below what each lacks")
    if first is None:
        tried = f"{asked[0].name} is tried all the same, {asked[0].place}"
        return Finding(Verdict.WRONG, f"next: every engine is down or kept back{text}; {tried}")
    line = f"next: engine {first.name} is asked first{text}, {first.place or 'no reason given'}"
    if primary is None or primary is first:
        return Finding(Verdict.FINE, line)
    why = next((each.detail for each in primary.replicas if not each.serving), "") or primary.place
    return Finding(Verdict.NOTE, f"{line}, because {primary.name} is not serving: {why}")


def _workers(engine: Engine, unserved: Verdict) -> Iterator[Finding]:
    if not engine.replicas:
        yield Finding(Verdict.NOTE, f"engine {engine.name}: {engine.place}: {_HOW_TO_START}")
    for replica in engine.replicas:
        what = f"engine {engine.name} at {replica.address}" if engine.name else f"worker at {replica.address}"
        if replica.serving:
            aside = "" if engine.asked else f"; not asked for this: {engine.place}"
            yield Finding(Verdict.FINE, f"{what}: {_load(replica)}{aside}")
        else:
            remedy = "" if engine.name else ": start it, or take it out of ENGINES"
            why = replica.detail or "no reason given"
            yield Finding(unserved, f"{what}: not serving: {why}{remedy}")


def _voices(engine: Engine) -> Iterator[Finding]:
    """Yield that workers which serve do not have the same voices, and which of them have which."""
    alike: dict[str, list[str]] = {}
    for replica in engine.replicas:
        if engine.name and replica.serving and replica.voices_revision:
            alike.setdefault(replica.voices_revision, []).append(replica.address)
    if len(alike) > 1:
        groups = " and ".join(f"[{', '.join(addresses)}]" for addresses in alike.values())
        yield Finding(
            Verdict.NOTE,
            f"engine {engine.name}: {groups} have different voices: share one folder of voices among "
            "them, or upload again what some lack",
        )


def _load(replica: Replica) -> str:
    first = replica.predicted_first_chunk
    chunk = "" if first is None else f", first chunk after {first * 1000:.0f} ms"
    return f"version {replica.version or 'unknown'}, {replica.live} speaking, {replica.queued} waiting{chunk}"
