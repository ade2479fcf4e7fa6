"""The console around the domain: settings, embedded servers, processes, accounts, API root, health endpoints."""
