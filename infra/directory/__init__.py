"""The authority directory's content: read from feeds and tables, kept in versions."""
