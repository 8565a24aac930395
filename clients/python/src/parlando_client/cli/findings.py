"""Lines of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How much a finding matters: WRONG keeps speech from being made."""

    FINE = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was found and, where it is not fine, what to do."""

    verdict: Verdict
    line: str
