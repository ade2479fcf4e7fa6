"""The scorecard: how far each environment is with each checklist, by levels where the checklist has some.

In: the newest run of each checklist in each environment, the acts on its items, fresh reports. Out: level reached,
counts, waivers, signatures that a report contradicts, the first item that is not settled; now, or at the
end of a past day.
What can go wrong: a level told that is not reached. What is not settled for sure counts as open: lapsed waivers,
contradicted signatures, items without a level (for the highest one). docs/decisions/0024-levels.md has the reasons.
At 100 times the load: acts are counted in the database by run and level, a row each; `bench/scorecard.py` measures it.
"""
