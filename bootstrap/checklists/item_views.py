"""What the page of a run shows of each item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.plans.view import PlanView
from bootstrap.checklists.progress import LAPSED, ItemFacts, ItemProgress
from bootstrap.checklists.shell_commands import ShellCommand, shell_command
from bootstrap.checklists.signing.signers import describe_newest
from bootstrap.checklists.version_queries import SettableVariable, settable_by_item

SHORT_BODY = 400  # characters that stand in the list itself; longer texts are folded


@dataclass(frozen=True)
class Dependent:
    """Something outside of the checklist that needs an item to be done, such as a rule."""

    name: str
    title: str
    url: str


@dataclass(frozen=True)
class ItemObservation:
    """What the newest report says of a variable or flag of an item, or the status of a posture on it.

    `text` is the sentence that the page shows, `tone` its colour (docs/ui.md), `url` a page with more. `proof` is what
    a signer may give as evidence, empty where the observation proves nothing. An observation never signs an item.
    """

    text: str
    tone: str
    url: str
    proof: str = ""

    def __getitem__(self, name: str) -> str:
        """Templates look up by key before they look up by attribute; see ItemView."""
        return str(getattr(self, name))


@dataclass(frozen=True)
class ItemView:
    """An item with its state, all acts on it (oldest first), what it waits for and what depends on it.

    - `url`: its page; acts are posted beneath it (`<url>sign/` and so on). `seen`: how many acts the page shows.
    - `newest`: the act that gives the state, None while the item is open (also after a signature was taken back);
      `description`: that act in words, with both signers of a two-person item. `lapsed`: the waiver that ran out.
    - `together`: the keys of the items that are signed in the same act. If one of them asks for two people or for
      evidence, so does this item (`two_person`, `evidence_required`).
    - `asks`: it is a question, answered with yes or no. `has_badges`: the page shows a badge or a dependent.
    - `plan`: its owner and due date.
    - `panel`: the HTML id of the element for its forms. It changes with each act, which removes outdated forms.
    """

    item: Item
    url: str
    progress: ItemProgress
    acts: tuple[SignOff, ...]
    newest: SignOff | None
    description: str
    lapsed: SignOff | None
    waits_for: tuple[str, ...]
    together: tuple[str, ...]
    two_person: bool
    evidence_required: bool
    commands: tuple[ShellCommand, ...]
    dependents: tuple[Dependent, ...]
    observations: tuple[ItemObservation, ...]
    plan: PlanView

    @property
    def pk(self) -> int:
        return self.item.pk

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def text(self) -> str:
        return self.item.text

    @property
    def shown_body(self) -> str:
        """What stands beneath it, where one has to read it before one signs: a head of points, or a short text."""
        body: str = self.item.body
        return body if len(body) <= SHORT_BODY or self.item.text.rstrip("* ").endswith(":") else ""

    @property
    def optional(self) -> bool:
        return self.item.optional

    @property
    def asks(self) -> bool:
        return self.item.kind == Item.Kind.QUESTION

    @property
    def state(self) -> str:
        return self.progress.state.value

    @property
    def settled(self) -> bool:
        return self.progress.settled

    @property
    def seen(self) -> str:
        return str(len(self.acts))

    @property
    def has_badges(self) -> bool:
        return bool(self.together or self.two_person or self.evidence_required or self.item.optional or self.dependents)

    @property
    def panel(self) -> str:
        return f"more-{self.item.pk}-{self.state}-{self.seen}"

    @property
    def proof(self) -> str:
        """The proofs of all observations, as evidence for a signer; empty where one of them proves nothing."""
        proofs = [each.proof for each in self.observations]
        return " ".join(proofs) if all(proofs) else ""

    def __getitem__(self, name: str) -> object:
        """Templates look up by key before they look up by attribute. Answering here makes a row a third faster."""
        return getattr(self, name)


@dataclass(frozen=True)
class RunFacts:
    """What item views are made of: the state of each item and the acts on it, by item id, and what is known outside.

    `host` is the host's name of the application, None where it is not known.
    """

    run: Run
    host: str | None
    items: Sequence[ItemFacts]
    progress: Mapping[int, ItemProgress]
    acts: Mapping[int, Sequence[SignOff]]
    dependents: Mapping[int, Sequence[Dependent]]
    observations: Mapping[int, Sequence[ItemObservation]]
    plans: Mapping[int, PlanView]


def item_views(facts: RunFacts) -> dict[int, list[ItemView]]:
    """By section id, its items in order. Two statements."""
    version = facts.run.version_id
    by_id = {item.pk: item for item in Item.objects.filter(section__version=version).select_related("flag")}
    variables = settable_by_item(version)
    url = facts.run.get_absolute_url()
    views: dict[int, list[ItemView]] = defaultdict(list)
    for fact in facts.items:
        item = by_id[fact.id]
        commands = _commands(item, variables.get(item.pk, ()), facts.run.environment.slug, facts.host)
        views[item.section_id].append(_item_view(f"{url}items/{item.pk}/", fact, by_id, facts, tuple(commands)))
    return views


def _item_view(
    url: str, fact: ItemFacts, items: Mapping[int, Item], facts: RunFacts, commands: tuple[ShellCommand, ...]
) -> ItemView:
    item, acts = items[fact.id], tuple(facts.acts.get(fact.id, ()))
    members = [item, *(items[pk] for pk in fact.together)]
    is_open_again = fact.act in (SignOff.Act.UNDONE, LAPSED)
    return ItemView(
        item=item,
        url=url,
        progress=facts.progress[fact.id],
        acts=acts,
        newest=acts[-1] if acts and not is_open_again else None,
        description="" if is_open_again else describe_newest(acts),
        lapsed=acts[-1] if fact.act == LAPSED else None,
        waits_for=tuple(items[pk].key for pk in facts.progress[fact.id].waits_for),
        together=tuple(partner.key for partner in members[1:]),
        two_person=any(member.two_person for member in members),
        evidence_required=any(member.evidence_required for member in members),
        commands=commands,
        dependents=tuple(facts.dependents.get(fact.id, ())),
        observations=tuple(facts.observations.get(fact.id, ())),
        plan=facts.plans[fact.id],
    )


def _commands(
    item: Item, variables: Sequence[SettableVariable], environment: str, host: str | None
) -> list[ShellCommand]:
    """How the item's flag or variables are set; with the value where it is known and there is one variable only."""
    value = item.values.get(environment, item.values.get("*"))
    if item.flag:
        return [shell_command(item.key, item.flag.name, value or "1", host)]
    single = value if len(variables) == 1 else None
    return [shell_command(item.key, variable.name, single, host, variable.generator) for variable in variables]
