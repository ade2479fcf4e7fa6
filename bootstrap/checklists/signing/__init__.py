"""People's acts on items: sign, sign together, take back, leave out, waive, with files as evidence.

In: an item, a person, what they saw. Out: a row at the end of the audit chain, or a refusal that says why.
"""
