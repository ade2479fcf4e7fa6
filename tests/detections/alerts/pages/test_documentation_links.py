"""An alert leads straight to the step of a runbook that its rule names."""

from __future__ import annotations

from detections.alerts.pages.documentation_links import runbook_links

TEXT = """See [step 4 of `drain`](/runbooks/queue-stuck/#drain-step-4), [again](/runbooks/queue-stuck/#drain-step-4),
[elsewhere](https://example.com/runbooks/x/) and [whom to call](/runbooks/on-call/).
"""


def test_links_to_runbooks_are_found_once_in_their_order() -> None:
    assert runbook_links(TEXT) == (
        ("step 4 of drain", "/runbooks/queue-stuck/#drain-step-4"),
        ("whom to call", "/runbooks/on-call/"),
    )
    assert runbook_links("") == runbook_links("[x](/rules/a/) [y](javascript:alert(1))") == ()
