"""Prerequisites: whether what a rule needs from an environment has been signed off there.

In: predicates `flag:<name or alias>`, `var:<NAME>` or `var:<app>/<NAME>`, `item:<KEY>`, `section:<slug>`. Out: for
each, whether it is met, why, and where to go.
Promises: the answer is derived from the newest sign-offs and reports whenever it is needed, never stored, with four
queries, however many predicates and environments.

A fresh report outranks a signature on a variable or a flag, in whatever predicate the item counts: a signed item does
not meet it while the report says that the variable is unset, empty or malformed, or the flag off. A variable without an
application has to be signed in each application that has an item about it. An item that wants its flag off does not
prove that the flag is on. In the run of a schedule's new period, which is unsigned, an item stands on its last
signature until that expires (`carried`).
"""

from bootstrap.prerequisites.states import PrerequisiteState, prerequisites, prerequisites_by_environment

__all__ = ["PrerequisiteState", "prerequisites", "prerequisites_by_environment"]
