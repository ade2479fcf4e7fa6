"""What a person checks before an import is stored: preview, summary of each item, lint findings."""
