"""The hash chain of sign-offs (pure): each act's hash covers the act, the wording signed, and the act before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any


@dataclass(frozen=True)
class HashedAct:
    """The fields that an act's hash covers.

    `wording` is the content hash of the checklist version, `previous` the hash of the act before (empty for the first).
    """

    run: int
    item: int
    key: str
    text: str
    wording: str
    sequence: int
    act: str
    by: int
    at: datetime
    note: str
    evidence: Mapping[str, Any]
    previous: str
    review_by: date | None = None
    by_name: str = ""
    answer: str = ""

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: sorted keys, no spaces, UTC time with microseconds.

        An empty review date, signer's name or answer is left out, so that acts made before these fields existed keep
        their hashes.
        """
        data = asdict(self) | {"at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}
        review_by = data.pop("review_by")
        if review_by is not None:
            data["review_by"] = review_by.isoformat()
        data = {name: value for name, value in data.items() if value or name not in ("by_name", "answer")}
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
