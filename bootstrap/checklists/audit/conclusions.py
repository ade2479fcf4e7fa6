"""What a verification proves and what it does not, in sentences (pure)."""

from __future__ import annotations

from bootstrap.checklists.audit.compare import HeadComparison
from bootstrap.checklists.audit.heads_file import HeadsFile

CHAINED = (
    "each act has the hash of the one before it: none was changed, removed or inserted without writing all later ones "
    "anew"
)
TEXTS = "the texts that were signed and the files given as evidence are those that were hashed"
NO_HEAD = (
    "that the chain is whole: no head of it is known outside of the database, and acts removed from its end, all acts "
    "removed, or a chain written anew leave no gap"
)
AFTER = "what came after: acts that were made later and then removed from the end"
OWNER = (
    "{what} against those who can write to this machine: they reach {path} like the database. Compare with a "
    "{newer}head that was kept elsewhere, e.g. from the daily message: --head NUMBER:HASH"
)
GIVEN = (
    "up to sign-off {number}, {given} of {acts} acts, the chain ends with the head given with --head: if it was kept "
    "elsewhere, this holds against the owner of this machine too"
)


def conclusions(
    comparison: HeadComparison, file: HeadsFile, *, intact: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences of what is proven and of what is not: of a chain that is not `intact`, up to where it is."""
    if not intact:
        return _before_the_fault(comparison, file)
    proven = [CHAINED, TEXTS] if comparison.acts else []
    not_proven = []
    head = comparison.reached
    if head is None:
        not_proven.append(f"{NO_HEAD} ({_no_head(file)})")
    else:
        heads = f"{len(comparison.heads)} head{'' if len(comparison.heads) == 1 else 's'}"
        proven.append(
            f"up to sign-off {comparison.reached_number}, {comparison.reached_acts} of {comparison.acts} acts, the "
            f"chain is what it was when its head was noted ({head.describe()}); {heads} compared"
        )
        not_proven.append(AFTER)
    if comparison.given:
        proven.append(GIVEN.format(number=comparison.given_number, given=comparison.given_acts, acts=comparison.acts))
    if head and comparison.given_acts < comparison.acts:
        not_proven.append(_owner(comparison, file))
    return tuple(proven), tuple(not_proven)


def _before_the_fault(comparison: HeadComparison, file: HeadsFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a known head proves of the acts before the first fault, though not that their texts and files are whole."""
    sound = comparison.sound
    if not sound.acts:
        return (), ("any act: there is none before the first fault",)
    if sound.head is None:
        return (), (
            f"any act: up to sign-off {sound.last}, {sound.acts} of {comparison.acts} acts, each has the hash of the "
            "one before it, but no known head ends there or before",
        )
    still = (
        f"up to sign-off {sound.head_number}, {sound.head_acts} of {comparison.acts} acts, the chain is still what it "
        f"was when its head was noted ({sound.head.describe()})"
    )
    not_proven = [f"the acts after sign-off {sound.head_number}"] if sound.head_acts < comparison.acts else []
    if not sound.head.given:
        not_proven.append(OWNER.format(what="anything", path=file.path, newer=""))
    return (still,), tuple(not_proven)


def _owner(comparison: HeadComparison, file: HeadsFile) -> str:
    """What rests on this machine alone: every act, or those after the newest head that was given."""
    if not comparison.given:
        return OWNER.format(what="anything", path=file.path, newer="")
    return OWNER.format(what=f"the acts after sign-off {comparison.given_number}", path=file.path, newer="newer ")


def _no_head(file: HeadsFile) -> str:
    return f"{file.path} has none" if file.exists else f"{file.path} does not exist"
