"""The pages that ask before rules are acted on, for one rule and for those chosen in the list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from detections.rules import acts, listing, page, queries
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Rule
from detections.rules.silence_models import with_mutes
from detections.rules.views import MAY_EDIT
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.paging import MAX_PAGE_SIZE
from opsconsole.lib.web.redirects import next_url


@require_POST
@login_required
def rules_bulk(request: HttpRequest) -> HttpResponse:
    """To the page that asks about the chosen rules."""
    return bulk.perform(request, listing.RULES, {}, lambda pks: {})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_act(request: HttpRequest, act: str) -> HttpResponse:
    """Asks about the rules whose ids are `row`; a POST acts on them."""
    chosen, rules = acts.RULE_ACTS[act], _rules(request)
    one = reverse("rule", args=[rules[0].identifier]) if len(rules) == 1 else reverse("rule_list")
    back = next_url(request, one)
    form = chosen.form(request.POST or None) if chosen.form else None
    if request.method == "POST" and rules and (form is None or form.is_valid()):
        _act(request, chosen, rules, form)
        return HttpResponseRedirect(back, status=303)
    now = clock.now()
    context: dict[str, Any] = {
        "act": chosen,
        "form": form,
        "rules": [(rule, mode_now(rule, now)) for rule in rules],
        "back": back,
        "crumbs": [("Rules", reverse("rule_list")), (chosen.label, None)],
    }
    return render(request, "detections/rules/act.html", context, status=422 if request.method == "POST" else 200)


def _act(request: HttpRequest, act: acts.RuleAct, rules: list[Rule], form: acts.RuleActForm | None) -> None:
    """Acts, and says of each rule what it is now."""
    assert isinstance(request.user, User)
    done, refused = acts.perform(act, rules, clock.now(), request.user, form)
    for sentence in refused:
        messages.error(request, sentence)
    if len(done) == 1:
        messages.success(request, f"{done[0]} is {act.done}. {_where(done[0])}".strip())
    elif done:
        messages.success(request, f"{len(done)} rules are {act.done}: {', '.join(map(str, done))}.")


def _where(rule: Rule) -> str:
    """The rule's state in each environment, while it is in force: it may still be dormant, or be muted until then."""
    if rule.mode != Rule.Mode.ACTIVE:
        return ""
    in_force = queries.known_rules([rule.identifier])
    states = queries.states_of(in_force, clock.now()).get(rule.pk, ())
    lines = [f"{path}: {page.state_line(in_force[0].rule, state)}" for path, state in states]
    return " ".join(lines) or "It watches nothing: no environment fits its selector."


def _rules(request: HttpRequest) -> list[Rule]:
    """The rules whose ids the request has."""
    values = (request.POST if request.method == "POST" else request.GET).getlist("row")[:MAX_PAGE_SIZE]
    pks = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) <= bulk.PK_DIGITS]
    return list(with_mutes(Rule.objects.filter(pk__in=pks)).select_related("current"))
