"""Lists of a rule's form as inline rows: a field kind on Django's formsets, with completion of names.

Each row is a form; the field's value is the list of what its rows hold. Rows are added, moved and removed by rows.js;
without scripts there are empty rows to fill in, a position and a box that removes. Errors stand at row and column, and
what was typed is shown again.
"""
