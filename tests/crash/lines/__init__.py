"""End a function at every line between its first trace and its last, and see what is left."""
