"""The areas of the admin's index: which models stand under which heading, in which order (data, and look-ups).

A model that no area names stands under INTERNALS: pages show what it holds, the admin is for looking closer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.text import capfirst


class Area(NamedTuple):
    """A heading with a sentence about what is below it, and models as `app.model`, the most edited first."""

    title: str
    text: str
    models: tuple[str, ...]

    @property
    def slug(self) -> str:
        """Names its heading on the index."""
        return self.title.lower().replace(" ", "-")


AREAS = (
    Area(
        "Rules and alerts",
        "What is judged, who is told of it and where.",
        (
            *("detections.rule", "detections.notificationpolicy", "detections.target", "detections.escalationpolicy"),
            *("detections.timewindow", "detections.silence", "detections.exclusion", "detections.alert"),
        ),
    ),
    Area(
        "Probes",
        "What is probed, what must hold of its answers, and what came of it.",
        ("detections.probetarget", "detections.proberun", "detections.probecheck", "detections.probefreeze"),
    ),
    Area(
        "Incidents",
        "Severities, texts of updates and the words of postmortems.",
        (
            *("detections.severitylevel", "detections.updatetemplate", "detections.bugclass"),
            *("detections.contributingfactor", "detections.incident", "detections.actionitem"),
        ),
    ),
    Area(
        "People and groups",
        "Who may sign in and do what, and whom rules and checklists name as owners.",
        (
            *("accounts.user", "auth.group", "accounts.owner", "accounts.apitoken", "mfa.authenticator"),
            *("account.emailaddress", "accounts.failedlogin"),
        ),
    ),
    Area(
        "Systems",
        "Applications, environments and the variables and flags that they are configured with.",
        (
            *("bootstrap.system", "bootstrap.app", "bootstrap.environment", "bootstrap.deployment"),
            *("bootstrap.configvar", "bootstrap.configconstraint", "bootstrap.flag", "bootstrap.reporttoken"),
        ),
    ),
    Area(
        "Checklists",
        "Runbooks as they were imported, and the runs that people sign.",
        (
            *("bootstrap.run", "bootstrap.runplan", "bootstrap.runbook", "bootstrap.checklist", "bootstrap.policy"),
            *("bootstrap.posture", "bootstrap.runschedule", "bootstrap.finding"),
        ),
    ),
    Area(
        "Projects",
        "What sends errors: each project has keys, which make its DSN.",
        (
            *("detections.project", "detections.projectkey", "detections.projectenvironment", "detections.issue"),
            "detections.quarantined",
        ),
    ),
)
INTERNALS = Area(
    "Evidence and internals",
    "What the console counted, decided and sent, row by row. Nothing here needs editing; the pages show it in context.",
    (),
)
# Where the name of the model does not say to people what it is.
NAMES = {
    "mfa.authenticator": "Two-factor devices",
    "account.emailaddress": "E-mail addresses of users",
    "bootstrap.finding": "Findings of environments",
    "bootstrap.policy": "Policies of runbooks",
    "detections.exclusion": "Intervals left out of baselines",
    "detections.projectkey": "Keys of projects (DSNs)",
    "detections.projectenvironment": "Environments of projects",
}


def area_of(label: str) -> Area:
    """The area in which a model stands."""
    return next((area for area in AREAS if label in area.models), INTERNALS)


def name_of(opts: Any) -> str:
    """The name of a model's list, from its `_meta`."""
    return NAMES.get(opts.label_lower) or str(capfirst(opts.verbose_name_plural))
