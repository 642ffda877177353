"""One technology each: what the ports mean in Postgres, in S3, in memory."""
