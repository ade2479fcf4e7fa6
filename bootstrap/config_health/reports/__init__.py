"""Reports of agents: authenticated, checked strictly, stored with the state and drift of each variable."""
