"""The content of the first start: systems, and runbooks restated in our own words.

In: `systems.yaml` and the markdown files beside it. Out: rows, and open runs of the bootstrap checklists.
Promises: loading again changes nothing; a changed text becomes a new version and touches no run.
"""

from bootstrap.content.load import load

__all__ = ["load"]
