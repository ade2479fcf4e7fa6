"""`.env.example` of an application: read, and imported as variables of it."""
