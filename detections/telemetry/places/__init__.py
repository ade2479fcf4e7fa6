"""Which names are counted apart: a limited number of routes and environments have a place, the rest is folded together.

`targets.py` the series that an event counts for; `times.py` how long a place is kept; `rule_selection.py` what rules
name, which needs none; `cardinality.py` the projects that send more names than are kept.
"""
