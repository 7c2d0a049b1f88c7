"""What it is about: SDG classification, grouping, near-duplicates. Pure computation on texts."""
