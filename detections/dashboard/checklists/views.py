"""The page of a run, that of each item, and the acts on items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.chosen_items import back_to, items_form
from bootstrap.checklists.evidence_files import read_attachment
from bootstrap.checklists.forms import ActForm, NoteForm
from bootstrap.checklists.models import Item, Run, Section, SignOff
from bootstrap.checklists.plans.assign import PERMISSION as PLANNING
from bootstrap.checklists.queries import run_of
from bootstrap.checklists.refusals import FileRefused, Refusal
from bootstrap.checklists.run_filter import CHOICES, RunFilter
from bootstrap.checklists.run_page import RunView, run_view
from bootstrap.checklists.runs import open_run
from bootstrap.checklists.signing.in_words import act_in_words, section_in_words, signing_in_words
from bootstrap.checklists.signing.leave_out_section import leave_out_section
from bootstrap.checklists.signing.sign import LONGEST_WAIVER, PERMISSION, mark_not_applicable, sign, take_back, waive
from bootstrap.checklists.version_queries import chapters_url, pair_of
from bootstrap.config_health.pages.run_panel import evidence_link, observations_by_item
from bootstrap.importer.views import PERMISSION as MAY_EDIT_ITEMS
from detections.dashboard.checklists.change_stamp import run_stamp
from detections.dashboard.checklists.refusal_messages import CONFLICT, INVALID, RefusedAct, by_form, by_rule, typed
from detections.dashboard.checklists.run_context import RunContext, read_run_context
from detections.dashboard.checklists.waiting_rules import waiting_by_item
from opsconsole.accounts.models import User
from opsconsole.accounts.password_again import ActInWords, leave_for_password, with_password_again
from opsconsole.lib import clock
from opsconsole.lib.web.attachments import ALLOWED
from opsconsole.lib.web.htmx import fragment, is_htmx, unchanged
from opsconsole.lib.web.uploads import bounded

PAGE = "bootstrap/checklists/run.html"
Act = Callable[[ActRequest], SignOff]


@require_safe
@login_required
def run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run with its items, what blocks them, and buttons for those who may sign."""
    shown = get_object_or_404(run_of(system, environment), pk=pk)
    run_context = read_run_context(shown, clock.now())
    stamp = run_stamp(shown, run_context, _rights(request))
    if is_htmx(request):
        return unchanged(request, stamp) or fragment(
            request, f"{PAGE}#run", _context(request, shown, run_context, stamp), stamp=stamp
        )
    return render(request, PAGE, _context(request, shown, run_context, stamp))


@require_safe
@login_required
def item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """One item with its forms, commands and history: a page, or the panel that htmx opens below the item.

    With `?use=report` the form is filled with the newest report as evidence; nothing is signed by that.
    """
    run, wanted = run_and_item(system, environment, pk, item)
    run_context = read_run_context(run, clock.now())
    context = _context(request, run, run_context, "")
    it = context["view"].item(wanted.pk)
    context |= {"it": it, "alone": not is_htmx(request), "used": request.GET.get("use") == "report"}
    if context["used"] and it.proof:
        context["typed"] = {"note": it.proof, "link": evidence_link(run_context.config)}
    if is_htmx(request):
        return render(request, "bootstrap/checklists/_panel.html", context)
    context["crumbs"] = [
        *context["crumbs"][:-1],
        (run.environment.path, run.get_absolute_url()),
        (wanted.key, None),
    ]
    return render(request, "bootstrap/checklists/item.html", context)


def _too_large(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """The response of `bounded` to a body that is too large: only the length of the request was read."""
    if not request.user.has_perm(PERMISSION):
        return HttpResponse(status=413)
    run, wanted = run_and_item(system, environment, pk, item)
    most = settings.EVIDENCE_MAX_FILE / 1024 / 1024
    return refused_page(request, run, RefusedAct(wanted, 413, f"The file is larger than {most:.3g} MB.", {}, "file"))


with_a_file = bounded(lambda: settings.EVIDENCE_MAX_FILE, _too_large)


@with_a_file
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def sign_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Sign. For a two-person item the password is asked for again: a session left open is no second person."""
    run, signed = run_and_item(system, environment, pk, item)
    pair, answer = pair_of(signed), request.POST.get("answer", "")
    return _asking(request, run, pair, sign, lambda: signing_in_words(run, pair, answer))


@with_a_file
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def take_back_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Undo the newest act on an item."""
    return _act(request, *run_and_item(system, environment, pk, item), take_back)


@with_a_file
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def leave_out_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Mark an item as not applicable, with a reason. The password is asked for again as when it is signed."""
    run, left_out = run_and_item(system, environment, pk, item)
    pair = pair_of(left_out)
    return _asking(request, run, pair, mark_not_applicable, lambda: act_in_words(run, pair, "not-applicable"))


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def leave_out(request: HttpRequest, system: str, environment: str, pk: int, section: int) -> HttpResponse:
    """Mark all open items of a section as not applicable, with one reason. Where one of them needs two people, the
    password is asked for again."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    left_out = get_object_or_404(Section, pk=section, version=run.version_id)
    items = list(left_out.items.order_by("order"))
    if not any(item.two_person for item in items):
        return _leave_out(request, run, left_out)
    return with_password_again(_leave_out, request, run, left_out, words=lambda: section_in_words(run, left_out, items))


def _leave_out(request: HttpRequest, run: Run, left_out: Section) -> HttpResponse:
    assert isinstance(request.user, User)
    form = NoteForm(request.POST)
    if not form.is_valid():
        message = f"{left_out.title} was not left out. Say why, in at most 2,000 characters."
        return refused_page(request, run, RefusedAct(None, INVALID, message, typed(request.POST), "note", left_out))
    try:
        marked = leave_out_section(run, left_out, request.user, clock.now(), form.cleaned_data["note"])
    except Refusal as refusal:
        refused = RefusedAct(None, CONFLICT, f"{refusal}.", typed(request.POST), refusal.field, left_out)
        return refused_page(request, run, refused)
    count = f"{len(marked)} item{'s' if len(marked) > 1 else ''}"
    messages.success(request, f"{left_out.title}: {count} marked as not applicable.")
    return HttpResponseRedirect(f"{back_to(request, run)}#section-{left_out.slug}", status=303)


@with_a_file
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def waive_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Waive an item until a day, with a reason. The password is asked for again as when it is signed."""
    run, waived = run_and_item(system, environment, pk, item)
    pair = pair_of(waived)
    return _asking(request, run, pair, waive, lambda: act_in_words(run, pair, "waive"))


def run_and_item(system: str, environment: str, pk: int, item: int) -> tuple[Run, Item]:
    run = get_object_or_404(run_of(system, environment), pk=pk)
    return run, get_object_or_404(Item, pk=item, section__version=run.version_id)


def _asking(
    request: HttpRequest, run: Run, pair: list[Item], act: Act, words: Callable[[], ActInWords]
) -> HttpResponse:
    """Act on the first of `pair`; for an item of two people after the password was given again, with `words` of what
    it is given for: a session left open is no second person."""
    if not any(member.two_person for member in pair):
        return _act(request, run, pair[0], act)
    try:
        return with_password_again(_act, request, run, pair[0], act, words=words)
    except ReauthenticationRequired:
        if request.FILES:
            message = "Give your password first, by signing without the file; the way there would lose it"
            return refused_page(request, run, by_rule(pair[0], request.POST, FileRefused(message)))
        if is_htmx(request):
            return leave_for_password(request)
        raise


def _act(request: HttpRequest, run: Run, item: Item, act: Act) -> HttpResponse:
    """Carry out the act and redirect to the item (303, which htmx follows); a refusal is shown on the run's page."""
    form = ActForm(request.POST, request.FILES)
    assert isinstance(request.user, User)
    if not form.is_valid():
        return refused_page(request, run, by_form(item, request.POST, form))
    try:
        made = act(_request(run, item, request.user, form))
    except Refusal as refusal:
        return refused_page(request, run, by_rule(item, request.POST, refusal))
    keys = " and ".join(member.key for member in pair_of(item))
    messages.success(request, f"{keys} {made.describe()}.")
    return HttpResponseRedirect(f"{back_to(request, run)}#item-{item.key}", status=303)


def _request(run: Run, item: Item, by: User, form: ActForm) -> ActRequest:
    data, most = form.cleaned_data, settings.EVIDENCE_MAX_FILE
    file = data["file"] and read_attachment(data["file"].name, data["file"].read(most + 1), most)
    return ActRequest(
        run,
        item,
        by,
        clock.now(),
        data["seen"],
        data["answer"],
        data["note"],
        form.evidence,
        data["review_by"],
        file or None,
    )


def refused_page(request: HttpRequest, run: Run, refused: RefusedAct) -> HttpResponse:
    """The run's page as it is now, with the form of the act open, what was typed in it, and why it was refused."""
    run_context = read_run_context(run, clock.now())
    stamp = run_stamp(run, run_context, _rights(request))
    context = {**_context(request, run, run_context, stamp), "refused": refused, "typed": refused.typed}
    context["refused_form"] = request.path.rstrip("/").rsplit("/", 1)[-1]  # sign, waive, not-applicable, plan, …
    if is_htmx(request):
        return fragment(request, f"{PAGE}#run", context, status=refused.status, stamp=stamp)
    return render(request, PAGE, context, status=refused.status)


def _context(request: HttpRequest, run: Run, run_context: RunContext, stamp: str) -> dict[str, Any]:
    rules = run_context.rules
    view = run_view(run, run_context.now, waiting_by_item(rules), observations_by_item(run, run_context.config))
    own = {item.item.pk for item in view.items}
    rights = _rights(request) if run.closed_at is None else []
    today = run_context.now.astimezone(UTC).date()
    return {
        **_filter_context(request, run, view),
        "view": view,
        "next": view.next_for(request.user.pk),
        "chapters": chapters_url(run.version),
        "mine": {item.pk for item in view.items if item.signed_by(request.user.pk)},
        "config": run_context.config,
        "rules": [rule for rule in rules if run.closed_at is None and own.intersection(rule.item_ids)],
        "hidden_token": format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)),
        "may_sign": PERMISSION in rights,
        "may_close": open_run.PERMISSION in rights,
        "may_plan": PLANNING in rights,
        "may_edit_items": MAY_EDIT_ITEMS in _rights(request),
        "stamp": stamp,
        "allowed": ALLOWED,
        "most_file": settings.EVIDENCE_MAX_FILE,
        "review_from": today + timedelta(days=1),
        "review_until": today + LONGEST_WAIVER,
        "crumbs": [("Checklists", reverse("checklist_list")), (run.environment.path, None)],
    }


def _filter_context(request: HttpRequest, run: Run, view: RunView) -> dict[str, Any]:
    """The form of what is shown, and the ids of the items that it leaves out."""
    form = items_form(request, run)
    levels = run.version.levels
    form.offer({"level": {name: name for name in levels}})
    shown = RunFilter.of(form.chosen, levels)
    off = shown.left_out(view.items, request.user.pk)
    return {"filters": form, "choices": CHOICES, "off": off, "query": shown.query, "top_level": shown.top_level}


def _rights(request: HttpRequest) -> list[str]:
    """What the page offers by; the stamp holds them, so that a right that was given appears with the next poll."""
    rights = (PERMISSION, open_run.PERMISSION, PLANNING, MAY_EDIT_ITEMS)
    return [right for right in rights if request.user.has_perm(right)]
