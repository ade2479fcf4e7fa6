"""Tests against the seeds: documents by the teams whose systems are watched, which the console was specified by.

000 describes the detection DET-BETA-003 with its routing and guardrails, 001 is the runbook that brings an environment
of Raptor up, 002 and 004 say how applications report errors and what is kept, 003 how a health probe alerts. They are
not part of the repository. The tests named after a seed check its requirements one by one; those that read its text
look for it in `shared/seeds` beside the project and are skipped, saying so, where it is missing. What the console needs
of the seeds is restated in `bootstrap/content` and `detections/rules/packs`.
"""
