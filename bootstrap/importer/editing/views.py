"""Pages on which the items of a runbook are edited: the draft, one item, the difference before it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from bootstrap.importer.editing import draft as drafts
from bootstrap.importer.editing.acts import (
    Act,
    AddSection,
    EditRefused,
    JoinItems,
    MoveItem,
    MoveSection,
    RemoveItem,
    RenameSection,
    SplitItem,
    key_of,
)
from bootstrap.importer.editing.consequences import RulesNaming, no_rules, open_runs_with, rules_of, waiting_for
from bootstrap.importer.editing.forms import AddForm, ChangeForm, ItemForm, StoreForm, initial_of, typed
from bootstrap.importer.editing.operations import item_of, section_of
from bootstrap.importer.editing.outline import Outline, outline_of
from bootstrap.importer.editing.page import cards_of, places_for
from bootstrap.importer.editing.store_edit import Overtaken, editable_text
from bootstrap.importer.review.difference import differences, unified
from bootstrap.importer.store.outcome import message_of
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.importer.views import PERMISSION
from bootstrap.runbooks.models import Runbook
from opsconsole.accounts.models import User
from opsconsole.lib import clock

PAGE = "bootstrap/importer/editing/draft.html"
ITEM = "bootstrap/importer/editing/item.html"
STORE = "bootstrap/importer/editing/store.html"
CHANGED = "The draft was changed in another window: this is how it is now. What you sent was not done; send it again."
# What a button of the draft's page does, by its name.
ACTS: dict[str, Callable[[QueryDict], Act]] = {
    "item-up": lambda sent: MoveItem(sent.get("item", ""), before=sent.get("beside", "")),
    "item-down": lambda sent: MoveItem(sent.get("item", ""), after=sent.get("beside", "")),
    "section-up": lambda sent: MoveSection(sent.get("section", ""), before=sent.get("beside", "")),
    "section-down": lambda sent: MoveSection(sent.get("section", ""), after=sent.get("beside", "")),
    "rename": lambda sent: RenameSection(sent.get("section", ""), typed(sent.get("title", ""))),
    "add-section": lambda sent: AddSection(
        sent.get("section", ""), typed(sent.get("title", "")), typed(sent.get("text", ""))
    ),
    "split": lambda sent: SplitItem(sent.get("item", ""), tuple(typed(sent.get("texts", "")).split("\n"))),
    "join": lambda sent: JoinItems(sent.get("item", ""), typed(sent.get("text", ""))),
    "remove": lambda sent: RemoveItem(sent.get("item", "")),
    "move": lambda sent: _move(sent.get("item", ""), sent.get("place", "")),
}


def _move(item: str, place: str) -> MoveItem:
    where, _, ref = place.partition(" ")
    if where not in ("section", "after", "before") or not ref:
        raise EditRefused("place: choose where it is to go.")
    return MoveItem(item, **{where: ref})


def _stored(slug: str) -> Runbook:
    return get_object_or_404(Runbook.objects.select_related("system"), slug=slug)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _crumbs(runbook: Runbook, *more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [
        ("Checklists", reverse("checklist_list")),
        ("Runbooks", reverse("runbook_list")),
        (runbook.title, reverse("runbook", args=[runbook.slug])),
        *more,
    ]


def _edit_url(runbook: Runbook) -> str:
    return reverse("runbook_edit", args=[runbook.slug])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The draft with its sections and items; a POST does one act to it."""
    runbook, user = _stored(slug), _user(request)
    if request.method != "POST":
        return _draft_page(request, runbook)
    try:
        said = _do(runbook, user, request)
    except drafts.DraftChanged:
        return _draft_page(request, runbook, CHANGED, status=409)
    except EditRefused as refusal:
        return _draft_page(request, runbook, str(refusal), status=422)
    if said:
        messages.success(request, said)
    anchor = request.POST.get("anchor", "")
    return HttpResponseRedirect(f"{_edit_url(runbook)}{f'#{anchor}' if anchor.isidentifier() else ''}", status=303)


def _do(runbook: Runbook, user: User, request: HttpRequest) -> str:
    """Does what the button says. Returns a sentence. Raises DraftChanged, EditRefused."""
    name, seen, now = request.POST.get("do", ""), _seen(request), clock.now()
    if name == "undo":
        drafts.undo(runbook, user, seen, now)
        return "Undone."
    if name == "take-over":
        drafts.take_over(runbook, user, seen, now)
        return "Your edits were made again on the newest version."
    if name == "throw-away":
        drafts.throw_away(runbook, user)
        return "The draft was thrown away; the runbook is as it was."
    if name not in ACTS:
        raise EditRefused(f"do: one of {', '.join((*ACTS, 'undo', 'take-over', 'throw-away'))}.")
    act = ACTS[name](request.POST)
    drafts.do(runbook, act, user, seen, now)
    return f"{str(act).capitalize()}." if not name.endswith(("-up", "-down")) else ""


def _draft_page(request: HttpRequest, runbook: Runbook, refused: str = "", status: int = 200) -> HttpResponse:
    crumbs = _crumbs(runbook, ("Edit items", None))
    try:
        draft = drafts.draft_of(runbook, _user(request))
    except EditRefused as refusal:
        context = {"runbook": runbook, "crumbs": crumbs, "refused": str(refusal)}
        return render(request, PAGE, context, status=422 if request.method == "POST" else status)
    outline = outline_of(draft.text)
    context = {
        "runbook": runbook,
        "crumbs": crumbs,
        "draft": draft,
        "checklists": cards_of(outline, runbook.slug),
        "refused": refused,
        "sent": request.POST if refused else {},
        # Once for all forms of the page: each csrf_token would be masked anew.
        "hidden_token": format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)),
    }
    return render(request, PAGE, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def edit_item(request: HttpRequest, slug: str, rules_naming: RulesNaming = no_rules) -> HttpResponse:
    """The form of one item (`item`), or of a new one of a section (`section`); a POST does it to the draft."""
    runbook, user = _stored(slug), _user(request)
    where = request.POST if request.method == "POST" else request.GET
    ref, section = where.get("item", ""), where.get("section", "")
    try:
        draft = drafts.draft_of(runbook, user)
        outline = outline_of(draft.text)
        place = item_of(outline, ref) if ref or not section else None
        target = section_of(outline, section) if place is None else None
    except EditRefused as refusal:
        return _draft_page(request, runbook, str(refusal), status=422 if request.method == "POST" else 200)
    context: dict[str, Any] = {"runbook": runbook, "draft": draft, "place": place, "section": target}
    form: ItemForm = ChangeForm(initial=initial_of(outline, place)) if place else AddForm()
    refused, status = "", 200
    if request.method == "POST":
        form, refused, status = _item_posted(request, runbook, outline, where)
        if not refused and form.is_valid():
            return HttpResponseRedirect(_edit_url(runbook), status=303)
    context |= {"form": form, "refused": refused, "sent": request.POST, **_about(runbook, outline, where, rules_naming)}
    context["crumbs"] = _crumbs(
        runbook, ("Edit items", _edit_url(runbook)), (key_of(ref) if place else "New item", None)
    )
    return render(request, ITEM, context, status=status)


def _item_posted(
    request: HttpRequest, runbook: Runbook, outline: Outline, sent: QueryDict
) -> tuple[ItemForm, str, int]:
    """Does what was sent. Returns the form as it was filled in, why it was refused, and the status."""
    ref = sent.get("item", "")
    form: ItemForm = ChangeForm(sent) if ref else AddForm(sent)
    if not form.is_valid():
        return form, "See the fields below.", 422
    try:
        if isinstance(form, ChangeForm):
            act: Act = form.act(outline, item_of(outline, ref))
        else:
            assert isinstance(form, AddForm)
            act = form.act(outline, sent.get("section", ""), sent.get("after", ""), sent.get("before", ""))
        drafts.do(runbook, act, _user(request), _seen(request), clock.now())
    except drafts.DraftChanged:
        return form, CHANGED, 409
    except EditRefused as refusal:
        field, _, why = str(refusal).partition(": ")
        if field in form.fields:
            form.add_error(field, why)
        return form, str(refusal), 422
    messages.success(request, f"{str(act).capitalize()}.")
    return form, "", 200


def _about(runbook: Runbook, outline: Outline, where: QueryDict, rules_naming: RulesNaming) -> dict[str, Any]:
    """What the page says of an item besides its form: where it may go, what waits for it, who is concerned."""
    ref = where.get("item", "")
    if not ref:
        refs = outline.sections[where.get("section", "")].items
        return {"beside": [(each, key_of(each)) for each in refs]}
    block = [ref, *outline.beneath(ref)]
    siblings = outline.siblings(ref)
    following = siblings[siblings.index(ref) + 1 :][:1]
    return {
        "places": places_for(outline, outline.items[ref]),
        "beneath": [key_of(each) for each in block[1:]],
        "waiting": waiting_for(outline, block),
        "runs": [each for each in open_runs_with(runbook, [key_of(each) for each in block]) if each.settled],
        "rules": rules_of(rules_naming, [f"item:{key_of(each)}" for each in block]),
        "following": outline.items[following[0]] if following else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def store(request: HttpRequest, slug: str, rules_naming: RulesNaming = no_rules) -> HttpResponse:
    """What the draft changes; a POST stores it as a new version, with a reason."""
    runbook, user = _stored(slug), _user(request)
    form = StoreForm(request.POST if request.method == "POST" else None)
    refused, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                outcome = drafts.store_draft(runbook, user, form.cleaned_data["reason"], _seen(request))
            except Overtaken as overtaken:
                refused, status = f"{overtaken} Take it over first: your edits are kept.", 409
            except drafts.DraftChanged:
                refused, status = CHANGED, 409
            except EditRefused as refusal:
                refused = str(refusal)
            else:
                messages.success(request, message_of(outcome))
                return HttpResponseRedirect(reverse("runbook", args=[slug]), status=303)
    return _store_page(request, runbook, form, refused, status, rules_naming)


def _store_page(
    request: HttpRequest, runbook: Runbook, form: StoreForm, refused: str, status: int, rules_naming: RulesNaming
) -> HttpResponse:
    try:
        draft = drafts.draft_of(runbook, _user(request))
    except EditRefused as refusal:
        return _draft_page(request, runbook, str(refusal), status=422)
    changes = differences(read_runbook(editable_text(draft.base)), read_runbook(draft.text))
    keys = [key for each in changes for key in each.open_again]
    removed = [f"item:{key}" for each in changes for key in each.changes.removed]
    context = {
        "runbook": runbook,
        "draft": draft,
        "form": form,
        "refused": refused,
        "differences": changes,
        "runs": open_runs_with(runbook, keys),
        "rules": rules_of(rules_naming, removed),
        "patch": "\n".join(unified(draft.base.source, draft.text, f"{runbook.slug}.md")),
        "crumbs": _crumbs(runbook, ("Edit items", _edit_url(runbook)), ("Store", None)),
    }
    return render(request, STORE, context, status=status)
