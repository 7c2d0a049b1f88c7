"""Whether a selection is fair to groups, and who was heard in an agenda: as data that a page or a person can read."""
