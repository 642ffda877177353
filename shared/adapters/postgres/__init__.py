"""Case state in Postgres: one module per table, literal SQL, no commit outside `transaction`."""
