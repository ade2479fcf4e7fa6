"""The gate: whether what a detection needs from an environment has been signed off there (seeds 000 and 001).

In: predicates `flag:<name or alias>`, `var:<NAME>`, `item:<KEY>`, `section:<slug>`. Out: for each, whether it holds,
why, and where to go. Promises: derived from the newest sign-offs and reports whenever asked, never stored; four
queries, however many predicates and environments. A fresh report outranks a signature on a variable or a flag: what is
signed does not hold while the report says that the variable is unset, empty or malformed, or the flag off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import Q

from bootstrap.checklists.commands import set_command
from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.health.judged import EMPTY, UNSET
from bootstrap.health.queries import Reported, reported
from bootstrap.health.verdicts import flag_is_on
from bootstrap.systems.manifest import FLAG_WORDS
from bootstrap.systems.models import Deployment, Environment

KINDS = {"flag": "Flag {} on", "var": "Variable {} set", "item": "Item {} signed", "section": "Section {} complete"}
_AFTER = {
    SignOff.Act.SIGNED: "; a second person has to confirm",
    SignOff.Act.WAIVED: "; a waiver does not fulfil it",
}


@dataclass(frozen=True)
class PrerequisiteState:
    """One predicate in one environment. `url` leads to the item on its run's page, `command` is safe to copy.

    `contradicted`: it is signed, but a fresh report says otherwise.
    """

    predicate: str
    holds: bool
    label: str
    why: str
    item_id: int | None = None
    url: str | None = None
    command: str | None = None
    contradicted: bool = False

    @property
    def short(self) -> str:
        """The key of its item, which its address ends in; else its name without the kind: SENTRY_DSN_BACKEND."""
        key = (self.url or "").partition("#item-")[2]
        return key or self.predicate.partition(":")[2] or self.predicate


@dataclass(frozen=True)
class _Candidate:
    """An item of an open run that a predicate may be about, with the newest act on it."""

    environment_id: int
    system: str
    environment: str
    run_id: int
    section: str
    item_id: int
    key: str
    kind: str
    values: dict[str, str]
    variable: str | None
    variable_app_id: int | None
    app_id: int | None
    flag: str | None
    aliases: list[str] | None
    act: SignOff | None = None
    contradiction: str = ""

    @property
    def done(self) -> bool:
        return self.act is not None and self.act.act == SignOff.Act.DONE

    @property
    def left_out(self) -> bool:
        """Not applicable; a flag that is not applicable is off, and its section not in use."""
        off = self.act is not None and self.act.act == SignOff.Act.NOT_APPLICABLE
        return off and self.kind != Item.Kind.FLAG


def prerequisites(environment: Environment, predicates: Iterable[str], now: datetime) -> list[PrerequisiteState]:
    """The state of each predicate in one environment, in the order given."""
    wanted = list(predicates)
    states = prerequisites_by_environment([environment], wanted, now)[environment.pk]
    return [states[predicate] for predicate in wanted]


def prerequisites_by_environment(
    environments: Iterable[Environment], predicates: Iterable[str], now: datetime
) -> dict[int, dict[str, PrerequisiteState]]:
    """By environment id and predicate, for many at once.

    A predicate holds at `now` when an item about it, in an open run of the environment, was signed done last, and no
    report that is fresh at `now` says otherwise.
    An unknown predicate does not hold and says so: a misspelt prerequisite must not arm a rule.
    """
    wanted = list(dict.fromkeys(predicates))
    by_environment: dict[int, list[_Candidate]] = {environment.pk: [] for environment in environments}
    for candidate in _contradicted(_candidates(by_environment.keys(), wanted), now):
        by_environment[candidate.environment_id].append(candidate)
    hosts = _host_names(by_environment.keys())
    return {
        pk: {predicate: _judge(predicate, candidates, hosts) for predicate in wanted}
        for pk, candidates in by_environment.items()
    }


def _candidates(environment_ids: Collection[int], predicates: list[str]) -> list[_Candidate]:
    names: dict[str, list[str]] = defaultdict(list)
    for predicate in predicates:
        kind, _, name = predicate.partition(":")
        names[kind].append(name)
    about = (
        Q(key__in=names["item"])
        | Q(variables__name__in=names["var"])
        | Q(flag__name__in=names["flag"])
        | Q(flag__aliases__overlap=names["flag"])
        | Q(section__slug__in=names["section"])
    )
    run = "section__version__runs"
    open_here = Q(**{f"{run}__environment__in": environment_ids, f"{run}__closed_at__isnull": True})
    rows = (
        Item.objects.filter(open_here & about)
        .order_by(f"-{run}__started_at", f"-{run}__pk", "section__order", "order")
        .values_list(
            f"{run}__environment_id",
            f"{run}__environment__system__slug",
            f"{run}__environment__slug",
            f"{run}__pk",
            "section__slug",
            "pk",
            "key",
            "kind",
            "values",
            "variables__name",
            "variables__app_id",
            "section__version__checklist__app_id",
            "flag__name",
            "flag__aliases",
        )
    )
    found = [_Candidate(*row) for row in rows]
    acts = newest_sign_offs({c.run_id for c in found}, {c.item_id for c in found})
    return [replace(c, act=acts.get((c.run_id, c.item_id))) for c in found]


def _contradicted(candidates: Sequence[_Candidate], now: datetime) -> list[_Candidate]:
    """The same, each with what a fresh report says against it."""
    names = {name for candidate in candidates for name in _names(candidate)}
    by_name: dict[tuple[int, str], list[Reported]] = defaultdict(list)
    for row in reported({candidate.environment_id for candidate in candidates}, names):
        if row.fresh(now):
            by_name[row.environment_id, row.name].append(row)
    return [replace(candidate, contradiction=_contradiction(candidate, by_name)) for candidate in candidates]


def _names(candidate: _Candidate) -> tuple[str, ...]:
    """Of the variables that reports may tell it by."""
    if candidate.kind == Item.Kind.FLAG:
        return tuple(filter(None, (candidate.flag, *(candidate.aliases or ()))))
    return (candidate.variable,) if candidate.variable else ()


def _contradiction(candidate: _Candidate, by_name: Mapping[tuple[int, str], Sequence[Reported]]) -> str:
    is_flag = candidate.kind == Item.Kind.FLAG
    app = candidate.app_id if is_flag else candidate.variable_app_id
    rows = [row for name in _names(candidate) for row in by_name.get((candidate.environment_id, name), ())]
    rows = [row for row in rows if app in (None, row.app_id)]
    if is_flag:
        states = [flag_is_on(FLAG_WORDS, row.judged) for row in rows]
        against = [] if True in states else [row for row, on in zip(rows, states, strict=True) if on is False]
    else:
        against = [row for row in rows if row.judged.state in (UNSET, EMPTY) or row.judged.malformed]
    if not against:
        return ""
    said = "off" if is_flag and against[0].judged.state not in (UNSET, EMPTY) else against[0].judged.told()
    return f"the report of {against[0].reported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC says it is {said}"


def _host_names(environment_ids: Collection[int]) -> dict[tuple[int, int | None], str]:
    """By (environment id, app id); app id None gives the environment's first host, for checklists of no one app."""
    names: dict[tuple[int, int | None], str] = {}
    for deployment in Deployment.objects.filter(environment__in=environment_ids).order_by("pk"):
        names[deployment.environment_id, deployment.app_id] = deployment.host_name
        names.setdefault((deployment.environment_id, None), deployment.host_name)
    return names


def _judge(predicate: str, candidates: list[_Candidate], hosts: dict[tuple[int, int | None], str]) -> PrerequisiteState:
    kind, _, name = predicate.partition(":")
    if kind not in KINDS or not name:
        why = f"Not a known kind of prerequisite; known: {', '.join(f'{known}:…' for known in KINDS)}"
        return PrerequisiteState(predicate, False, predicate, why)
    label = KINDS[kind].format(name)
    about = [candidate for candidate in candidates if _is_about(candidate, kind, name)]
    if not about:
        return PrerequisiteState(predicate, False, label, f"No open checklist of this environment has {kind} {name}")
    if kind == "section":
        return _judge_section(predicate, label, about)
    done = [candidate for candidate in about if candidate.done]
    told = kind in ("var", "flag")  # what an item says besides its variable is beyond any report
    proven = [candidate for candidate in done if not (told and candidate.contradiction)]
    chosen = (proven or done or about)[0]
    why = _why(chosen)
    if done and not proven:
        why += f" — but {chosen.contradiction}"
    return PrerequisiteState(
        predicate=predicate,
        holds=bool(proven),
        label=label,
        why=why,
        item_id=chosen.item_id,
        url=_url(chosen),
        command=_command(chosen, kind, hosts),
        contradicted=bool(done) and not proven,
    )


def _is_about(candidate: _Candidate, kind: str, name: str) -> bool:
    if kind == "flag":
        return candidate.kind == Item.Kind.FLAG and name in (candidate.flag, *(candidate.aliases or ()))
    return name == {"var": candidate.variable, "item": candidate.key, "section": candidate.section}[kind]


def _judge_section(predicate: str, label: str, about: list[_Candidate]) -> PrerequisiteState:
    """Complete when every item of it, in the newest open run that has it, is done or not applicable, its flags done."""
    items = list({c.item_id: c for c in about if c.run_id == about[0].run_id}.values())
    waiting = [item for item in items if not item.done and not item.left_out]
    why = f"{len(items) - len(waiting)} of {len(items)} items done"
    if waiting:
        why += f"; next: {waiting[0].key}"
    first = (waiting or items)[0]
    return PrerequisiteState(predicate, not waiting, label, why, first.item_id, _url(first))


def _why(candidate: _Candidate) -> str:
    if candidate.act is None:
        return "Not signed yet"
    told = candidate.act.told()
    return f"{told[0].upper()}{told[1:]}{_AFTER.get(SignOff.Act(candidate.act.act), '')}"


def _url(candidate: _Candidate) -> str:
    return f"{run_url(candidate.system, candidate.environment, candidate.run_id)}#item-{candidate.key}"


def _command(candidate: _Candidate, kind: str, hosts: dict[tuple[int, int | None], str]) -> str | None:
    host = hosts.get((candidate.environment_id, candidate.app_id))
    value = candidate.values.get(candidate.environment, candidate.values.get("*"))
    if kind == "flag" and candidate.flag:
        return set_command(candidate.flag, value or "1", host)
    return set_command(candidate.variable, value, host) if kind == "var" and candidate.variable else None
