"""The life of a rule: publishing versions, its state per environment, changes of mode, references by name."""
