"""Rules that read findings of configuration reports: their evaluator, and what it reads of findings and for alerts."""
