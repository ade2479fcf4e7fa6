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
    """What is hashed. `wording` is the content hash of the checklist version, `previous` the hash of the act before."""

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

        What an act has not (a review date, the signer's name, an answer) is hashed as if there were no such thing: acts
        older than waivers, than kept names or than answers keep their hashes.
        """
        data = asdict(self) | {"at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}
        review_by = data.pop("review_by")
        if review_by is not None:
            data["review_by"] = review_by.isoformat()
        data = {name: value for name, value in data.items() if value or name not in ("by_name", "answer")}
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()
