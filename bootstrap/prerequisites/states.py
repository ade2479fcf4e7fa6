"""The state of each prerequisite of an environment, from the items that it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.checklists.models import SignOff
from bootstrap.prerequisites.candidate import Candidate, Carried
from bootstrap.prerequisites.candidates import read_candidates
from bootstrap.systems.models import Environment
from bootstrap.systems.setting.commands import commands
from bootstrap.systems.setting.read import Places, place_for, places_in

KINDS = {"flag": "Flag {} on", "var": "Variable {} set", "item": "Item {} signed", "section": "Section {} complete"}
_AFTER = {
    SignOff.Act.SIGNED: "; a second person has to confirm",
    SignOff.Act.WAIVED: "; a waiver does not fulfil it",
}
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PrerequisiteState:
    """One predicate in one environment.

    `holds` is whether it is met, `why` the reason in words. `url` leads to the item on the page of its run, `command`
    sets the variable or flag and is safe to copy. `contradicted`: it is signed, but a fresh report says otherwise.
    `until` is when a signature that it stands on expires, where that is of an earlier run of a schedule; `expired`: it
    did, and nothing else holds.
    """

    predicate: str
    holds: bool
    label: str
    why: str
    item_id: int | None = None
    url: str | None = None
    command: str | None = None
    contradicted: bool = False
    until: datetime | None = None
    expired: bool = False

    @property
    def short(self) -> str:
        """The key of its item, or else its name without the kind, e.g. SENTRY_DSN_BACKEND."""
        key = (self.url or "").partition("#item-")[2]
        return key or self.predicate.partition(":")[2] or self.predicate


def prerequisites(environment: Environment, predicates: Iterable[str], now: datetime) -> list[PrerequisiteState]:
    """The state of each predicate in one environment at `now`, in the order given."""
    wanted = list(predicates)
    states = prerequisites_by_environment([environment], wanted, now)[environment.pk]
    return [states[predicate] for predicate in wanted]


def prerequisites_by_environment(
    environments: Iterable[Environment], predicates: Iterable[str], now: datetime
) -> dict[int, dict[str, PrerequisiteState]]:
    """By environment id and predicate, the state at `now`. Four queries, however many there are.

    A predicate is met when the newest act on an item about it, in an open run of the environment, is `done` and no
    report that is fresh at `now` contradicts it. In a run of a schedule an item that nobody has acted on stands on the
    last signature in an earlier one until that expires. An unknown kind of predicate is never met, so that a misspelt
    prerequisite does not arm a rule.
    """
    wanted = list(dict.fromkeys(predicates))
    by_environment: dict[int, list[Candidate]] = {environment.pk: [] for environment in environments}
    for candidate in read_candidates(by_environment.keys(), wanted, now):
        by_environment[candidate.environment_id].append(candidate)
    places = places_in(by_environment.keys())
    return {
        pk: {predicate: _state(predicate, candidates, places) for predicate in wanted}
        for pk, candidates in by_environment.items()
    }


def _state(predicate: str, candidates: Sequence[Candidate], places: Places) -> PrerequisiteState:
    kind, _, name = predicate.partition(":")
    if kind not in KINDS or not name:
        why = f"Not a known kind of prerequisite; known: {', '.join(f'{known}:…' for known in KINDS)}"
        return PrerequisiteState(predicate, False, predicate, why)
    label = KINDS[kind].format(name)
    about = [candidate for candidate in candidates if candidate.is_about(kind, name)]
    if not about:
        return PrerequisiteState(predicate, False, label, f"No open checklist of this environment has {kind} {name}")
    if kind == "section":
        return _section_state(predicate, label, about)
    if kind == "flag" and not (about := [candidate for candidate in about if candidate.wants_on]):
        return PrerequisiteState(predicate, False, label, f"The item of {name} wants it off in this environment")
    return _proven_state(predicate, label, kind, [_Proof(kind, part) for part in _parts(kind, about)], places)


class _Proof:
    """Whether one of `about`, any of which would do, is done and not contradicted. `chosen` is the one to show."""

    def __init__(self, kind: str, about: Sequence[Candidate]) -> None:
        self._kind = kind
        done = [candidate for candidate in about if candidate.done]
        self.proven = [candidate for candidate in done if not self.contradiction_of(candidate)]
        self.contradicted = bool(done) and not self.proven
        self.chosen = _longest(self.proven) if self.proven else (done or _signed_once(about) or about)[0]

    def contradiction_of(self, candidate: Candidate) -> str:
        return candidate.item_contradiction if self._kind == "item" else candidate.contradiction


def _proven_state(predicate: str, label: str, kind: str, proofs: Sequence[_Proof], places: Places) -> PrerequisiteState:
    """The state of a predicate that is met where all of `proofs` are; it shows the first that is not."""
    unmet = next((proof for proof in proofs if not proof.proven), None)
    shown = unmet or proofs[0]
    why = _why(shown.chosen)
    if shown.contradicted:
        why += f" — but {shown.contradiction_of(shown.chosen)}"
    return PrerequisiteState(
        predicate=predicate,
        holds=unmet is None,
        label=label,
        why=f"{shown.chosen.variable_app}: {why}" if len(proofs) > 1 and unmet else why,
        item_id=shown.chosen.item_id,
        url=shown.chosen.url,
        command=_command(shown.chosen, kind, places),
        contradicted=shown.contradicted,
        until=_until(proof.chosen for proof in proofs) if unmet is None else None,
        expired=unmet is not None and _has_expired(shown.chosen),
    )


def _parts(kind: str, about: Sequence[Candidate]) -> list[list[Candidate]]:
    """Groups of candidates that each need a proof: a variable needs one in each application where it applies."""
    if kind != "var":
        return [list(about)]
    by_app: dict[int | None, list[Candidate]] = defaultdict(list)
    for candidate in about:
        by_app[candidate.variable_app_id].append(candidate)
    needed = [part for part in by_app.values() if not all(candidate.left_out for candidate in part)]
    return needed or [list(about)]


def _section_state(predicate: str, label: str, about: Sequence[Candidate]) -> PrerequisiteState:
    """A section is complete when each of its items, in the newest open run that has it, is done or not applicable.

    Flag items have to be done, optional ones count only where somebody did them, and no fresh report may contradict an
    item that is done.
    """
    every = {c.item_id: c for c in about if c.run_id == about[0].run_id}.values()
    items = [item for item in every if item.done or not item.optional] or list(every)
    waiting = [item for item in items if not item.done and not item.left_out]
    contradicted = [item for item in items if item.done and item.item_contradiction]
    why = f"{len(items) - len(waiting) - len(contradicted)} of {len(items)} items done"
    if waiting:
        why += f"; next: {waiting[0].key}{_expired(waiting[0])}"
    if contradicted:
        why += f"; {contradicted[0].key} is signed — but {contradicted[0].item_contradiction}"
    shown = (waiting or contradicted or items)[0]
    return PrerequisiteState(
        predicate=predicate,
        holds=not waiting and not contradicted,
        label=label,
        why=why,
        item_id=shown.item_id,
        url=shown.url,
        contradicted=bool(contradicted) and not waiting,
        until=None if waiting or contradicted else _until(items),
        expired=bool(waiting) and _has_expired(waiting[0]),
    )


def _longest(proven: Sequence[Candidate]) -> Candidate:
    """The one that proves longest: the first of those that do so without an end, as they are read."""
    endless = [candidate for candidate in proven if _ends(candidate) is None]
    return endless[0] if endless else max(proven, key=lambda each: _ends(each) or NEVER)


def _signed_once(about: Sequence[Candidate]) -> list[Candidate]:
    """Those with an expired signature: they say more than an item that nobody has signed."""
    return [candidate for candidate in about if candidate.carried]


def _ends(candidate: Candidate) -> datetime | None:
    return candidate.carried.until if candidate.carried else None


def _until(candidates: Iterable[Candidate]) -> datetime | None:
    """When the first of their signatures expires; None where none does."""
    return min(filter(None, map(_ends, candidates)), default=None)


def _has_expired(candidate: Candidate) -> bool:
    return candidate.carried is not None and candidate.carried.expired


def _expired(candidate: Candidate) -> str:
    carried = candidate.carried
    if not (carried and carried.expired and carried.until and candidate.act):
        return ""
    return f", whose signature of {_day(candidate.act.at)} expired on {_day(carried.until)}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _why(candidate: Candidate) -> str:
    if candidate.act is None:
        return "Not signed yet"
    act = candidate.act.describe()
    if candidate.carried:
        return f"{act[0].upper()}{act[1:]} in the run about {_carried(candidate.carried)}"
    return f"{act[0].upper()}{act[1:]}{_AFTER.get(SignOff.Act(candidate.act.act), '')}"


def _carried(carried: Carried) -> str:
    """What the earlier run was about, until when a signature in it holds, and which run is to be signed now."""
    now_open = f"the run about {carried.current} is open" if carried.current is not None else "no run is open"
    if carried.until is None:
        return f"{carried.subject}; {now_open}, too"
    return f"{carried.subject}; {'expired on' if carried.expired else 'holds until'} {_day(carried.until)}; {now_open}"


def _command(candidate: Candidate, kind: str, places: Places) -> str | None:
    """The command that sets the flag or variable; None for items."""
    app = candidate.variable_app_id if kind == "var" else candidate.app_id
    place = place_for(places, candidate.environment_id, app)
    value = candidate.values.get(candidate.environment, candidate.values.get("*"))
    if kind == "flag" and candidate.flag:
        return commands(place, candidate.flag, value or "1").set
    return commands(place, candidate.variable, value).set if kind == "var" and candidate.variable else None
