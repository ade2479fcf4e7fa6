"""Exports a run as markdown, with its sign-offs (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.checklists.item_views import ItemView
from bootstrap.checklists.models import SignOff
from bootstrap.checklists.run_page import RunView, SectionView

# Escapes what people wrote, so that no renderer of the file takes it for HTML, links, images or code.
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {mark: f"\\{mark}" for mark in "\\`[]"})
_IN_ADDRESS = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "<>[]`\\\"' "})


def as_markdown(view: RunView) -> str:
    """The run as markdown task lists: items that are done are ticked, with who, when and why beneath."""
    run, progress = view.run, view.progress
    head = [
        f"# {run.version.checklist.title}: {run.environment.path}",
        "",
        f"Version {run.version.number}, {progress.settled} of {progress.applicable} items done, "
        f"{progress.not_applicable} not applicable.",
    ]
    if run.subject:
        head.insert(1, f"\nAbout {_as_text(run.subject)}.")
    if run.ending:
        head[-1] += f" {run.ending} on {run.closed_at:%Y-%m-%d}."
    if view.plan:
        head += ["", f"Checklist: {_as_text(view.plan.describe())} (UTC)."]
    if run.version.intro:
        head += ["", run.version.intro]
    parts = [line for section in view.sections for line in _section(section)]
    return "\n".join([*head, *parts]) + "\n"


def _section(view: SectionView) -> Iterator[str]:
    yield from ("", f"## {view.section.title}")
    if view.section.prose:
        yield from ("", view.section.prose)
    if view.rows:
        yield from ("", *(_row(cells) for cells in (view.header, ("---",) * len(view.header), *view.rows)))
    yield ""
    for item in view.items:
        yield from _item(item)
    if view.section.notes:
        yield from ("", view.section.notes)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _item(view: ItemView) -> Iterator[str]:
    indent = "  " * view.item.depth
    box = "x" if view.state == "done" else " "
    yield f"{indent}- [{box}] {view.item.text}"
    for line in view.item.body.splitlines():
        yield f"{indent}  {line}".rstrip()
    if view.item.level and f"Level: {view.item.level}" not in view.item.body:
        yield f"{indent}  - Level: {view.item.level}"
    if view.plan:
        yield f"{indent}  - {_as_text(view.plan.describe())}"
    if view.together:
        yield f"{indent}  - together with {', '.join(view.together)}"
    if view.newest:
        note = " ".join(view.newest.note.split())
        description = _as_text(": ".join(filter(None, [view.description, note])))
        yield f"{indent}  - {description}{_evidence(view.newest)}"
    elif view.lapsed:
        yield f"{indent}  - open again: {_as_text(view.lapsed.describe())}"
    elif view.waits_for:
        yield f"{indent}  - waits for {', '.join(view.waits_for)}"


def _evidence(act: SignOff) -> str:
    link, file = act.evidence.get("link"), act.evidence.get("file")
    parts = [link.translate(_IN_ADDRESS)] if link else []
    if file:
        parts.append(f"{_as_text(file['name'])}, {file['size']} bytes, SHA-256 {file['sha256']}")
    return f" ({'; '.join(parts)})" if parts else ""


def _as_text(words: str) -> str:
    return words.translate(_IN_TEXT)
