"""The durable record of what was asked, bought and delivered, in SQLite or PostgreSQL."""
