"""Municipalities, their keys and their postcodes: read from public lists, kept in versions."""
