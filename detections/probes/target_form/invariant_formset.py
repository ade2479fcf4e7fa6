"""The invariants of a target together: what each of them says alone may not fit the others, or the target."""

from __future__ import annotations

import re
from typing import Any

from django.forms.models import BaseInlineFormSet

from detections.probes.models import ProbeInvariant, ProbeTarget
from detections.probes.program import probe
from detections.probes.target_form.invariant_form import ProbeInvariantForm, said_of
from detections.probes.target_form.trial import TRY


class ProbeInvariantFormSet(BaseInlineFormSet[ProbeInvariant, ProbeTarget, ProbeInvariantForm]):
    """Judged by the probe as a run will do it, so that nothing is saved that every run refuses."""

    def is_valid(self) -> bool:
        """Whether it may be saved: not where one sample of what is typed is asked for."""
        return super().is_valid() and TRY not in self.data

    @property
    def typed_rows(self) -> list[dict[str, Any]]:
        """The rows of the target's file."""
        return [row for form in self.forms if (row := form.typed_row)]

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        given = [(form, row) for form in self.forms if (row := form.typed_row)]
        # HEAD is judged by the target's form.
        target = {"base": "https://target.example", "expect_json": self.instance.expect_json}
        try:
            probe.read_target({**target, "invariants": [row for _, row in given]})
        except probe.ProbeError as error:
            found = re.match(r"invariant (\d+): (.*)", str(error), re.DOTALL)
            if found is None:  # their number, of which the formset speaks
                return
            form, row = given[int(found[1]) - 1]
            form.add_error(*said_of(found[2], row))
