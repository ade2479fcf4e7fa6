"""Gates, targets and runs of probes, as the API shows them and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema
from pydantic import field_validator

from opsconsole.lib.web.api_schemas import Paged, Problem, StrictBody, Text

Severity = Literal["", "info", "warn", "high"]
RunState = Literal["queued", "running", "done", "interrupted", "refused"]


class GateReasonOut(Schema):
    """Why a gate is closed."""

    code: Literal["frozen", "check", "no_run"] = Field(
        description="By a person; by a high check of the newest run; since no run ended within three intervals."
    )
    sentence: str
    check: str = Field(description="Id of the check; empty for the other codes.")


class ProbeFreezeOut(Schema):
    """A rollout was frozen, or let go, by a person."""

    id: int
    frozen: bool
    reason: str
    at: datetime
    by: str


class ProbeRunOut(Schema):
    """A run of a target."""

    id: int
    target: str = Field(description="Slug.")
    url: str = Field(description="Its page.")
    state: RunState = Field(description="refused: it could not run, no sample was sent.")
    trigger: Literal["schedule", "person"]
    by: str = Field(description="Who asked for it; empty: the schedule.")
    slot: datetime | None = Field(description="The start of its interval; null for a person's run.")
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    wanted: int = Field(description="Samples to take.")
    taken: int = Field(description="Samples taken so far.")
    severity: Severity = Field(description="The highest of its triggered checks; empty: none, or not done.")
    failing: bool = Field(description="Samples ended without an answer that could be judged.")
    p50_ms: float | None = Field(description="Median latency; null where no answer could be judged.")
    p95_ms: float | None
    problem: str = Field(description="Why it could not run or was interrupted.")


class GateOut(Schema):
    """Whether a rollout may go on."""

    target: str = Field(description="Slug.")
    url: str = Field(description="The target's page.")
    open: bool
    reasons: list[GateReasonOut] = Field(description="Why it is closed, all of them; empty while it is open.")
    freeze: ProbeFreezeOut | None = Field(description="What a person froze it with, while it is frozen.")
    run: ProbeRunOut | None = Field(description="The newest run that is done, whose checks count.")
    checked_at: datetime = Field(description="When this was found out.")


class GateClosedOut(GateOut, Problem):
    """A gate that is closed. `detail` has the sentences of all reasons."""


class FreezeConflictOut(Problem):
    """It was so already; the gate as it is."""

    gate: GateOut


class ProbeRunConflictOut(Problem):
    """A run is under way; null where it ended in the meantime."""

    run: ProbeRunOut | None


class FreezeIn(StrictBody):
    """Why a rollout is frozen or let go."""

    reason: Text = Field(min_length=1, description="Shown to whoever asks the gate, and kept.")

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str) -> str:
        if not reason.strip():
            raise ValueError("say why")
        return reason.strip()


class ProbeTargetOut(Schema):
    """What is probed, without what it sends."""

    slug: str
    name: str
    project: str = Field(description="Slug.")
    environment: str
    enabled: bool = Field(description="Whether it is probed by itself, at its interval.")
    interval_minutes: int
    method: str
    base: str
    endpoint: str = Field(description="Of its query, values whose names look secret are hidden.")
    samples: int
    gate: GateOut
    newest_run: ProbeRunOut | None = Field(description="Of any state; the gate has the newest one that is done.")


class ProbeRunDetail(ProbeRunOut):
    """A run with its report."""

    report: dict[str, Any] | None = Field(
        description="The JSON report without its rows, which `samples/` lists; null for a run that is not done."
    )


class ProbeTargetFilters(Paged):
    project: Text = Field("", description="Slug.")
    environment: Text = ""
    enabled: bool | None = None


class ProbeRunFilters(Paged):
    state: Literal["", RunState] = Field("", description="Empty: all.")
    severity: Severity = Field("", description="The highest of its triggered checks. Empty: all.")
