"""What the console watches: systems, their applications and environments, flags and variables.

In: content of the first start, runbooks, `required-config-vars.yaml`, the admin. Out: rows that projects, checklists
and rules refer to, and the manifest by which agents judge variables. Never in or out: a value. Format rules and
fingerprints are implemented in `bin/opsconsole-agent` only, which runs where the values are.
"""
