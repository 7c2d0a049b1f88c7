"""The programming interface: what the pages show, as JSON under /api/v1, and writing for a member's own systems."""
