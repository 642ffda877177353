"""What tenants and the operator declare in files; the database holds the validated entries."""
