"""Jira Cloud by its REST API v3: an alert is one issue, with a comment at a rise in severity and at its end.

Jira knows no idempotency key. Where an earlier attempt may have reached it, the issue is looked for by its label before
another is made; since the search lags behind by seconds, such an attempt is made half a minute later.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from detections.alerts.channels.contract import Channel, ChannelField
from detections.alerts.channels.http import outcome_of, post, shown, url_problem
from detections.alerts.channels.incident_facts import KINDS
from detections.alerts.channels.jira_document import LABEL, comment_body, episode_label, issue_body
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from opsconsole.env.outgoing import ADDRESS
from opsconsole.lib.outbound.client import Answer

TIMEOUT = timedelta(seconds=6)  # a message takes three requests at most
SEARCH_LAG = timedelta(seconds=30)
DEFAULT_TYPE = "Task"
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,254}")
PASSED_OVER = KINDS | {"acknowledged", "reminder", "expired", "flapping", "repeated", "called_off", "summary"}
NEED_AN_ISSUE = KINDS | {"resolved", "merged", "acknowledged", "flapping", "called_off", "summary"}
WHAT_TO_DO: Mapping[int, str] = MappingProxyType(
    {
        401: "The e-mail or the token is not valid; tokens expire: make another.",
        403: "The account may not do this in the project: give it Browse Projects, Create Issues and Add Comments.",
        404: "The site, or the issue, is not there, or the account may not see it.",
    }
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "project": "Check the project's key, and that the account may create issues in it.",
        "issuetype": "The project has no such issue type: name one that it has.",
        "labels": "The project's create screen has no labels: add them there.",
        "description": "The project's create screen has no description: add it there.",
    }
)
Call = Callable[[str, dict[str, Any]], Answer | Retry | Rejected]


def send(notification: Notification) -> DeliveryOutcome:
    """A comment on the episode's issue, which is created by the first message that wants one."""
    kind = notification.facts.get("kind", "firing")
    call = _caller(notification.values)
    if issue := notification.first.receipt.get("issue") if notification.first else None:
        return _later(call, kind, issue, notification)
    # Messages of a policy's group share a key, and none knows the first.
    known = kind == "resolved" or "key" in notification.facts
    if known or (notification.attempt > 1 and kind not in NEED_AN_ISSUE):
        found = _find(call, notification)
        if not isinstance(found, str):
            return found
        if found:
            said = Sent(f"{found} was there.", {"issue": found})
            return _later(call, kind, found, notification) if known else said
    if kind in NEED_AN_ISSUE:
        return Sent("Nothing was sent: the alert has no issue.")
    return _create(call, notification)


def check(values: Mapping[str, str]) -> dict[str, str]:
    """A site with an account and its token, and a project."""
    site, labels = values.get("site", ""), labels_of(values)
    named = {
        "site": _site_problem(site),
        "email": "" if ADDRESS.fullmatch(values.get("email", "")) else "Enter the e-mail address of the account.",
        "token": "" if values.get("token") else "Enter an API token of the account.",
        "project": "" if PROJECT.fullmatch(values.get("project", "")) else "Enter the project's key, e.g. OPS.",
        "labels": "" if all(len(label) <= LABEL for label in labels) else f"A label has at most {LABEL} characters.",
    }
    return {name: problem for name, problem in named.items() if problem}


def labels_of(values: Mapping[str, str]) -> list[str]:
    """Separated by commas or blanks, which a label cannot have."""
    return values.get("labels", "").replace(",", " ").split()


def _site_problem(site: str) -> str:
    if not site:
        return "Enter the address of the site, e.g. https://example.atlassian.net."
    return "Enter the address without a query." if "?" in site else url_problem(site)


def _caller(values: Mapping[str, str]) -> Call:
    """Posts to a path of the API. The answer's text has neither token nor header."""
    login = base64.b64encode(f"{values.get('email', '')}:{values.get('token', '')}".encode()).decode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Basic {login}"}

    def call(path: str, body: dict[str, Any]) -> Answer | Retry | Rejected:
        url = f"{values.get('site', '').rstrip('/')}/rest/api/3/{path}"
        answer = post(url, json.dumps(body).encode("ascii"), headers, TIMEOUT)
        if isinstance(answer, Answer):
            return replace(answer, body=answer.body.replace(login.encode(), b"[Filtered]"))
        return answer

    return call


def _create(call: Call, notification: Notification) -> DeliveryOutcome:
    values = notification.values
    labels = [episode_label(notification.key), *labels_of(values)]
    issue_type = values.get("issue_type") or DEFAULT_TYPE
    answer = call("issue", issue_body(notification.facts, values.get("project", ""), issue_type, labels))
    if not isinstance(answer, Answer) or not 200 <= answer.status < 300:
        return _failed(answer)
    if not (issue := _key(_json(answer))):
        return Retry(f"Jira's answer cannot be read: {shown(answer)}", SEARCH_LAG)
    if notification.facts.get("kind") == "test":
        return Sent(f"{issue} was created: close or delete it.")
    return Sent(f"{issue} was created.", {"issue": issue})


def _later(call: Call, kind: str, issue: str, notification: Notification) -> DeliveryOutcome:
    if kind in PASSED_OVER:
        return Sent(f"Nothing was sent: {issue} gets the beginning, a rise in severity and the end of its alert.")
    answer = call(f"issue/{issue}/comment", comment_body(notification.facts))
    if isinstance(answer, Answer) and 200 <= answer.status < 300:
        return Sent(f"{issue} got a comment.")
    if isinstance(answer, Answer) and answer.status == 404 and kind not in NEED_AN_ISSUE:
        return _create(call, notification)  # somebody deleted it
    return _failed(answer)


def _find(call: Call, notification: Notification) -> str | DeliveryOutcome:
    """The key of the episode's issue; empty where the search has none."""
    project, label = notification.values.get("project", ""), episode_label(notification.key)
    jql = f'project = "{project}" AND labels = "{label}" ORDER BY created ASC'
    answer = call("search/jql", {"jql": jql, "fields": ["summary"], "maxResults": 1})
    if not isinstance(answer, Answer) or not 200 <= answer.status < 300:
        return _failed(answer)
    try:
        keys = [_key(issue) for issue in json.loads(answer.body)["issues"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        keys = [""]
    if "" in keys:
        return Retry(f"Jira's answer cannot be read: {shown(answer)}")
    return keys[0] if keys else ""


def _failed(answer: Answer | Retry | Rejected) -> DeliveryOutcome:
    """What the failure means, with what to do. An issue may have been created where no answer came."""
    if not isinstance(answer, Answer):
        return Retry(answer.response, SEARCH_LAG) if isinstance(answer, Retry) else answer
    outcome = outcome_of(answer)
    if isinstance(outcome, Retry):
        return replace(outcome, after=outcome.after or SEARCH_LAG)
    errors = _json(answer).get("errors")
    named = [FIELDS[name] for name in FIELDS if isinstance(errors, dict) and name in errors]
    advice = " ".join(named) or WHAT_TO_DO.get(answer.status, "")
    return Rejected(f"{outcome.response} {advice}".strip())


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _key(issue: Mapping[str, Any]) -> str:
    """The issue's key, if it is one: it stands in the paths of later requests."""
    key = str(issue.get("key", ""))
    return key if re.fullmatch(r"[A-Z][A-Z0-9_]*-[0-9]+", key) else ""


CHANNEL = Channel(
    "jira",
    "Jira",
    "Creates an issue in a project of Jira Cloud for each alert, and comments on it when the alert gets worse and "
    "when it is resolved. docs/channels/jira.md tells how to get a token.",
    send,
    (
        ChannelField("site", "Site", "https://example.atlassian.net, or for a token with scopes its API's address."),
        ChannelField("email", "E-mail", "Of the account that creates the issues, best one made for it."),
        ChannelField(
            "token",
            "API token",
            "As that account: id.atlassian.com, Security, API tokens. It expires after a year at most.",
            secret=True,
            sent_to="site",
        ),
        ChannelField("project", "Project key", "What its issues begin with, e.g. OPS of OPS-12."),
        ChannelField("issue_type", "Issue type", f"One that the project has, e.g. Bug; empty: {DEFAULT_TYPE}."),
        ChannelField("labels", "Labels", "Of its issues beside the alert's own, separated by blanks; may be empty."),
    ),
    check,
    by_key=True,
)
