"""What a rule would have done in the last days: beside its form, and as a test of saved rules."""
