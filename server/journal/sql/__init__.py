"""The journal's SQL: numbered migrations and named queries, in the dialect that SQLite and PostgreSQL share."""
