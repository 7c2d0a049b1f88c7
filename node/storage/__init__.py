"""The event store and its projections, in SQL that SQLite and PostgreSQL share."""
