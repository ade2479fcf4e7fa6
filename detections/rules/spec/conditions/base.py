"""Pure: what conditions of every kind have in common (no ORM)."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import StructConfig

from detections.rules.spec.primitives import SeverityName


class Condition:
    """What makes a rule fire. Each kind is a struct with fields of its own, told apart by `kind` (the struct's tag).

    The class attributes say what the rest of such a rule may contain. A kind that counts events takes any selector,
    signatures and the groupings of events. Another kind reads one source, groups in one way and selects no more than
    project and environment.
    """

    __slots__ = ()
    __struct_config__: ClassVar[StructConfig]

    counts: ClassVar[bool] = True
    source: ClassVar[str] = ""  # the one source of a kind that does not count events
    has_source_alone: ClassVar[bool] = True  # whether no rule that counts may name that source
    group_by: ClassVar[str] = ""  # its one grouping
    about: ClassVar[str] = ""  # what it reads, in words
    fixture_words: ClassVar[str] = "events"  # what its fixtures consist of

    @property
    def never_pages(self) -> bool:
        """Whether nobody may be called for its alerts, whatever the notification policies say."""
        return False

    @classmethod
    def kind(cls) -> str:
        """The kind as rule specs spell it."""
        return str(cls.__struct_config__.tag)

    def selects(self, where: str) -> str:
        """What a kind that does not count events reads in `where` (words), without a full stop."""
        raise NotImplementedError

    def sentences(self) -> list[str]:
        """When it fires, a sentence each."""
        raise NotImplementedError

    def alert_severities(self) -> set[SeverityName]:
        """Those that its alerts may have."""
        raise NotImplementedError
