"""A rule over time: published versions, active or dormant state, history, references by name."""
