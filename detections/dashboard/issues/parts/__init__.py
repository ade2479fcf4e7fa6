"""An event in the parts that its page shows (pure)."""
