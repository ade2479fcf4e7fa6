"""What an incident is declared with (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from opsconsole.accounts.models import Owner


@dataclass(frozen=True)
class IncidentDraft:
    """What an incident is declared with. Rows are named by their ids; `started_at` None: not known yet; `client_key`:
    by which the same person who declares it again gets the first one; `another`: although one of the alerts is in an
    incident that is not closed."""

    title: str
    severity: int
    summary: str = ""
    started_at: datetime | None = None
    commander: Owner | None = None
    alerts: Sequence[int] = ()
    places: Sequence[int] = ()
    environments: Sequence[int] = ()
    targets: Sequence[int] = ()
    client_key: str = ""
    another: bool = False
