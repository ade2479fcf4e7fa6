"""The search box of issues, an issue's events and routes: its form, its help, and the completion of words."""
