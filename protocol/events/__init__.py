"""One frozen model per kind of event, and the table of kinds."""
