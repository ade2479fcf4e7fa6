"""What the page of a run shows of each item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import slugify

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.plans.view import PlanView
from bootstrap.checklists.progress import LAPSED, ItemFacts, ItemProgress
from bootstrap.checklists.shell_commands import ShellCommand, shell_command
from bootstrap.checklists.signing.signers import describe_newest
from bootstrap.checklists.version_queries import SettableVariable, settable_by_item
from bootstrap.systems.setting.place import Place

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
    - `first_signers`: the ids of those who gave the first of two signatures, who cannot be the second.
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
    first_signers: tuple[int, ...] = ()

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
    def says_key(self) -> bool:
        """Whether the text is the key in other letters, so that one of the two is enough to read."""
        key = slugify(self.item.key, allow_unicode=True)
        return bool(key) and slugify(self.item.text, allow_unicode=True) == key

    @property
    def names(self) -> str:
        """What a search finds it by and its text and key do not say: its level, the names that commands of it set, and
        the words of a text beneath it that is folded."""
        said = f"{self.item.key} {self.item.text}"
        names = [self.item.level, *(command.name for command in self.commands)]
        folded = "" if self.shown_body else self.item.body
        return " ".join([*(name for name in names if name not in said), *dict.fromkeys(folded.lower().split())])

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

    def signed_by(self, person: int | None) -> bool:
        """Whether the person with this id signed it, as one of two or alone."""
        acts = self.acts[-2:] if self.state in ("signed", "done") else ()
        return any(act.by_id == person and act.act in (SignOff.Act.SIGNED, SignOff.Act.DONE) for act in acts)

    def can_sign(self, person: int | None) -> bool:
        """Whether it can be signed now, and not only by another person than the one with this id."""
        return self.state == "open" or (self.state == "signed" and person not in self.first_signers)

    @property
    def has_badges(self) -> bool:
        marked = self.together or self.two_person or self.evidence_required or self.item.optional or self.item.level
        return bool(marked or self.dependents)

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

    `place` is where the application's variables are set.
    """

    run: Run
    place: Place
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
        commands = _commands(item, variables.get(item.pk, ()), facts.run.environment.slug, facts.place)
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
        first_signers=tuple(_first_signers(members, facts)),
        plan=facts.plans[fact.id],
    )


def _first_signers(members: Sequence[Item], facts: RunFacts) -> Iterator[int]:
    for member in members:
        acts = facts.acts.get(member.pk)
        if acts and acts[-1].act == SignOff.Act.SIGNED:
            yield acts[-1].by_id


def _commands(item: Item, variables: Sequence[SettableVariable], environment: str, place: Place) -> list[ShellCommand]:
    """How the item's flag or variables are set; with the value where it is known and there is one variable only."""
    value = item.values.get(environment, item.values.get("*"))
    if item.flag:
        return [shell_command(item.key, item.flag.name, value or "1", place)]
    single = value if len(variables) == 1 else None
    return [shell_command(item.key, variable.name, single, place, variable.generator) for variable in variables]
