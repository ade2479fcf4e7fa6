"""An item of a run that a predicate may be about (pure, but for the addresses of pages)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.systems.value_rules.flags import wanted_on


@dataclass(frozen=True)
class Carried:
    """Where the act on an item is from an earlier run of its schedule: what that was about, and until when it holds.

    `until` is None while that run is open, `current` what the open run is about, None where none is open.
    """

    subject: str
    current: str | None
    until: datetime | None
    expired: bool


@dataclass(frozen=True)
class Candidate:
    """An item of an open run, once for each variable it is about, with the newest act on it.

    Of a schedule's run `act` may be that of an earlier period, which `carried` then says. As it is read, `closed_at` is
    that of its run, `superseded` whether the schedule has an open run.
    `contradiction` is what a fresh report says against the signature on this variable or flag, `item_contradiction`
    what one says against any variable of the item; both are empty where none does.
    """

    environment_id: int
    system: str
    environment: str
    run_id: int
    section: str
    item_id: int
    key: str
    kind: str
    optional: bool
    values: dict[str, str]
    variable: str | None
    variable_app_id: int | None
    variable_app: str | None
    forbidden: bool | None
    empty_is_unset: bool | None
    app_id: int | None
    flag: str | None
    aliases: list[str] | None
    subject: str
    closed_at: datetime | None
    schedule_id: int | None
    expires_after: int | None
    wording: str
    superseded: bool
    act: SignOff | None = None
    carried: Carried | None = None
    contradiction: str = ""
    item_contradiction: str = ""

    @property
    def url(self) -> str:
        """The item's place on the page of its run."""
        return f"{run_url(self.system, self.environment, self.run_id)}#item-{self.key}"

    @property
    def wants_on(self) -> bool:
        return wanted_on(self.values, self.environment)

    @property
    def done(self) -> bool:
        return self._holds and self.act is not None and self.act.act == SignOff.Act.DONE

    @property
    def _holds(self) -> bool:
        return self.carried is None or not self.carried.expired

    @property
    def left_out(self) -> bool:
        """Marked not applicable. False for a flag: one that is not applicable is off, and its section not in use."""
        not_applicable = self.act is not None and self.act.act == SignOff.Act.NOT_APPLICABLE
        return self._holds and not_applicable and self.kind != Item.Kind.FLAG

    def is_about(self, kind: str, name: str) -> bool:
        """Whether the predicate `kind:name` is about this item."""
        if kind == "flag":
            return self.kind == Item.Kind.FLAG and name in (self.flag, *(self.aliases or ()))
        if kind == "var":
            return name in (self.variable, f"{self.variable_app}/{self.variable}")
        return name == {"item": self.key, "section": self.section}[kind]
