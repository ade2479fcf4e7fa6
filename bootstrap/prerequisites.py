"""The gate: whether what a detection needs from an environment has been signed off there.

In: predicates `flag:<name or alias>`, `var:<NAME>` or `var:<app>/<NAME>`, `item:<KEY>`, `section:<slug>`. Out: for
each, whether it holds, why, and where to go. Promises: derived from the newest sign-offs and reports whenever asked,
never stored; four queries, however many predicates and environments. A fresh report outranks a signature on a variable
or a flag, in whatever predicate the item counts: what is signed does not hold while the report says that the variable
is unset, empty or malformed, or the flag off. A variable without its application has to hold in each that has an item
about it; an item that wants its flag off proves no flag.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.checklists.shell_commands import set_command
from bootstrap.config_health.findings.contradictions import Claim, contradictions
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.flags import wanted_on

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
    act: SignOff | None = None
    contradiction: str = ""
    item_contradiction: str = ""  # of any variable of the item

    @property
    def wants_on(self) -> bool:
        return wanted_on(self.values, self.environment)

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
        names[kind].append(name.rpartition("/")[2] if kind == "var" else name)
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
            "optional",
            "values",
            "variables__name",
            "variables__app_id",
            "variables__app__slug",
            "variables__must_not_be_set",
            "variables__empty_is_unset",
            "section__version__checklist__app_id",
            "flag__name",
            "flag__aliases",
        )
    )
    found = [_Candidate(*row) for row in rows]
    acts = newest_sign_offs({c.run_id for c in found}, {c.item_id for c in found})
    return [replace(c, act=acts.get((c.run_id, c.item_id))) for c in found]


def _contradicted(candidates: Sequence[_Candidate], now: datetime) -> list[_Candidate]:
    """The same, each with what a fresh report says against it, and against its item."""
    against = contradictions([_claim(candidate) for candidate in candidates], now)
    of_item: dict[tuple[int, int], str] = {}
    for candidate, said in zip(candidates, against, strict=True):
        if said:
            of_item.setdefault((candidate.run_id, candidate.item_id), said)
    return [
        replace(
            candidate, contradiction=said, item_contradiction=of_item.get((candidate.run_id, candidate.item_id), "")
        )
        for candidate, said in zip(candidates, against, strict=True)
    ]


def _claim(candidate: _Candidate) -> Claim:
    """What the signature on it says."""
    if candidate.kind == Item.Kind.FLAG:
        names = tuple(filter(None, (candidate.flag, *(candidate.aliases or ()))))
        return Claim(candidate.environment_id, names, candidate.app_id, flag=candidate.wants_on)
    return Claim(
        candidate.environment_id,
        (candidate.variable,) if candidate.variable else (),
        candidate.variable_app_id,
        forbidden=bool(candidate.forbidden),
        empty_is_value=candidate.empty_is_unset is False,
    )


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
    if kind == "flag" and not (about := [candidate for candidate in about if candidate.wants_on]):
        return PrerequisiteState(predicate, False, label, f"The item of {name} wants it off in this environment")
    found = [_Proof(kind, part) for part in _parts(kind, about)]
    unmet = next((proof for proof in found if not proof.proven), None)
    shown = unmet or found[0]
    why = _why(shown.chosen)
    if shown.contradicted:
        why += f" — but {shown.against(shown.chosen)}"
    return PrerequisiteState(
        predicate=predicate,
        holds=unmet is None,
        label=label,
        why=f"{shown.chosen.variable_app}: {why}" if len(found) > 1 and unmet else why,
        item_id=shown.chosen.item_id,
        url=_url(shown.chosen),
        command=_command(shown.chosen, kind, hosts),
        contradicted=shown.contradicted,
    )


class _Proof:
    """Whether one of `about`, any of which would do, is signed done and not contradicted; else which to show."""

    def __init__(self, kind: str, about: Sequence[_Candidate]) -> None:
        self._kind = kind
        done = [candidate for candidate in about if candidate.done]
        self.proven = [candidate for candidate in done if not self.against(candidate)]
        self.contradicted = bool(done) and not self.proven
        self.chosen = (self.proven or done or about)[0]

    def against(self, candidate: _Candidate) -> str:
        return candidate.item_contradiction if self._kind == "item" else candidate.contradiction


def _parts(kind: str, about: Sequence[_Candidate]) -> list[list[_Candidate]]:
    """What has to hold each by itself: a variable in each application, but where it is not applicable."""
    if kind != "var":
        return [list(about)]
    by_app: dict[int | None, list[_Candidate]] = defaultdict(list)
    for candidate in about:
        by_app[candidate.variable_app_id].append(candidate)
    needed = [part for part in by_app.values() if not all(candidate.left_out for candidate in part)]
    return needed or [list(about)]


def _is_about(candidate: _Candidate, kind: str, name: str) -> bool:
    if kind == "flag":
        return candidate.kind == Item.Kind.FLAG and name in (candidate.flag, *(candidate.aliases or ()))
    if kind == "var":
        return name in (candidate.variable, f"{candidate.variable_app}/{candidate.variable}")
    return name == {"item": candidate.key, "section": candidate.section}[kind]


def _judge_section(predicate: str, label: str, about: list[_Candidate]) -> PrerequisiteState:
    """Complete when every item of it, in the newest open run that has it, is done or not applicable, its flags done,
    and no report contradicts one."""
    every = {c.item_id: c for c in about if c.run_id == about[0].run_id}.values()
    items = [item for item in every if item.done or not item.optional] or list(every)
    waiting = [item for item in items if not item.done and not item.left_out]
    untrue = [item for item in items if item.done and item.item_contradiction]
    why = f"{len(items) - len(waiting) - len(untrue)} of {len(items)} items done"
    if waiting:
        why += f"; next: {waiting[0].key}"
    if untrue:
        why += f"; {untrue[0].key} is signed — but {untrue[0].item_contradiction}"
    first = (waiting or untrue or items)[0]
    holds, contradicted = not waiting and not untrue, bool(untrue) and not waiting
    return PrerequisiteState(predicate, holds, label, why, first.item_id, _url(first), contradicted=contradicted)


def _why(candidate: _Candidate) -> str:
    if candidate.act is None:
        return "Not signed yet"
    told = candidate.act.told()
    return f"{told[0].upper()}{told[1:]}{_AFTER.get(SignOff.Act(candidate.act.act), '')}"


def _url(candidate: _Candidate) -> str:
    return f"{run_url(candidate.system, candidate.environment, candidate.run_id)}#item-{candidate.key}"


def _command(candidate: _Candidate, kind: str, hosts: dict[tuple[int, int | None], str]) -> str | None:
    app = candidate.variable_app_id if kind == "var" else candidate.app_id
    host = hosts.get((candidate.environment_id, app))
    value = candidate.values.get(candidate.environment, candidate.values.get("*"))
    if kind == "flag" and candidate.flag:
        return set_command(candidate.flag, value or "1", host)
    return set_command(candidate.variable, value, host) if kind == "var" and candidate.variable else None
