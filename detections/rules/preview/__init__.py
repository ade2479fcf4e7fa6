"""What a rule, saved or not, would have said of the last days, by the engine's own functions over stored counts."""
