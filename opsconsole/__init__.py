"""The shell around every page: settings, embedded services, accounts, health; no domain of its own."""
