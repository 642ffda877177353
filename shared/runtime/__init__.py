"""How a function is run: the seam to CloudEvents and HTTP, logging."""
