"""Pure helpers without ORM: clock, http, svg, markdown."""
