"""Writing a rule: the form of a new one and of an edit, what an edit changes, and the way back to an older version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.rules import set_mode
from detections.rules.models import Rule
from detections.rules.rule_form import going_back, identifiers, layout, review, starts
from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.saving import SavedRule, checked_and_saved
from detections.rules.views import MAY_EDIT
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

ACTIVATE = "_activate"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_new(request: HttpRequest) -> HttpResponse:
    """The form of a new rule, empty or begun as the address says; a POST saves it."""
    now = clock.now()
    if request.method == "POST":
        form, saved = checked_and_saved(request.POST, None, now, _user(request))
        if saved:
            return _saved(request, saved, now)
        return _form_page(request, form, [], status=422)
    start = starts.start_of(request.GET)
    return _form_page(request, RuleForm(instance=Rule(), initial=start.initial), start.said)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_edit(request: HttpRequest, identifier: str) -> HttpResponse:
    """The form of a rule; a POST makes a version."""
    now, rule = clock.now(), _rule(identifier)
    if request.method == "POST":
        form, saved = checked_and_saved(request.POST, rule, now, _user(request))
        if saved:
            return _saved(request, saved, now)
        return _form_page(request, form, [], status=422)
    return _form_page(request, RuleForm(instance=rule), [])


@require_POST
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_changes(request: HttpRequest) -> HttpResponse:
    """What the posted form says, and otherwise than the rule named in the address (`rule`), if one is."""
    context = review.context(request.POST, _named(request))
    if is_htmx(request):
        return fragment(request, "detections/rule_form/_changes.html", context)
    context["crumbs"] = [("Rules", reverse("rule_list")), ("What will be different", None)]
    return render(request, "detections/rule_form/changes.html", context)


@require_safe
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_identifier(request: HttpRequest) -> HttpResponse:
    """The identifier that a rule of the name in the address is offered, as text of a hint."""
    proposed = identifiers.proposal(request.GET.get("title", ""))
    return render(request, "detections/rule_form/_identifier.html", {"proposed": proposed})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_restore(request: HttpRequest, identifier: str, number: int) -> HttpResponse:
    """Makes a new version with the content of an older one; asks first, and says what will be different."""
    rule, now = _rule(identifier), clock.now()
    step = going_back.step(rule, get_object_or_404(rule.versions, number=number))
    if request.method == "POST":
        answer = going_back.take(step, request.POST, now, _user(request))
        if answer.saved:
            return _saved(request, answer.saved, now)
        step = answer.refused or step
    context: dict[str, Any] = {
        "step": step,
        "reason": request.POST.get("reason", f"Back to version {number}."),
        "crumbs": [
            ("Rules", reverse("rule_list")),
            (identifier, reverse("rule", args=[identifier])),
            (f"Back to version {number}", None),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "detections/rule_form/restore.html", context, status=status)


def _form_page(request: HttpRequest, form: RuleForm, said: list[str], status: int = 200) -> HttpResponse:
    rule = form.instance if form.instance.pk else None
    here = [(rule.identifier, reverse("rule", args=[rule.identifier])), ("Edit", None)] if rule else [("New", None)]
    context = {
        **layout.context(form),
        "said": said,
        "shipped": None if rule or form.is_bound else starts.shipped(),
        "crumbs": [("Rules", reverse("rule_list")), *here],
    }
    if form.conflict:
        context |= review.conflict_context(form)
    return render(request, "detections/rule_form/page.html", context, status=status)


def _saved(request: HttpRequest, saved: SavedRule, now: datetime) -> HttpResponse:
    """To the rule's page, with a message on what is different."""
    rule = saved.version.rule
    (messages.success if saved.changed else messages.info)(request, saved.sentence)
    if ACTIVATE in request.POST:
        set_mode.arm(rule, now, _user(request))
        messages.success(request, f"{rule.identifier} is activated: its state in each environment is below.")
    return HttpResponseRedirect(reverse("rule", args=[rule.identifier]), status=303)


def _named(request: HttpRequest) -> Rule | None:
    identifier = request.GET.get("rule", "")
    return _rule(identifier) if identifier else None


def _rule(identifier: str) -> Rule:
    return get_object_or_404(Rule.objects.select_related("current"), identifier=identifier)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
