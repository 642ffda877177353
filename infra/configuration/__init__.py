"""Configuration is declared in files, checked as a whole, and brought in as a whole."""
