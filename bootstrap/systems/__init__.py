"""What there is to watch: systems, their applications and environments, flags and variables.

In: content of the first start, runbooks, `required-config-vars.yaml`, the admin. Out: rows that projects, checklists
and rules point at, and the manifest by which agents judge variables. Never in or out: a value. Format rules and
fingerprints have their one home in `bin/opsconsole-agent`, which runs where the values are.
"""
