"""The daily message with the head of the chain (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True)
class HeadMessage:
    """A head with the console's address and the number of restores so far, to be kept by the receiver."""

    console: str
    day: date
    number: int
    hash: str
    acts: int
    at: datetime
    restores: int

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @property
    def subject(self) -> str:
        return f"Sign-offs of {self.console} on {self.day}: {self.acts} acts"

    @property
    def text(self) -> str:
        """For people; keeping it is what makes it a proof."""
        return (
            f"The chain of sign-offs of {self.console} had {self.acts} acts on "
            f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC and ended with\n\n    {self}\n\n"
            "Keep this message where the console's operators cannot change it. It proves later that none of these acts "
            f"was changed or removed:\n\n    bin/manage verify_audit --head {self}\n\n"
            f"Restores from backups so far: {self.restores}.\n"
        )

    def as_json(self) -> dict[str, object]:
        """The body of the webhook. `text` is what Slack and its like show."""
        return {
            "kind": "audit_head",
            "text": self.text,
            "console": self.console,
            "day": self.day.isoformat(),
            "head": str(self),
            "number": self.number,
            "hash": self.hash,
            "acts": self.acts,
            "at": self.at.astimezone(UTC).isoformat(),
            "restores": self.restores,
        }
