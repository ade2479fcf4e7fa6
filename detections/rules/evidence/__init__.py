"""Evidence behind firings (pure): one base with the fields that all kinds share, one file a kind for the rest."""
