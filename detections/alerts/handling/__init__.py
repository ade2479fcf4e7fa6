"""What changes an alert: verdicts of rules, people who acknowledge or resolve, rules that are switched off."""
