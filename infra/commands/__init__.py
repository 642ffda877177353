"""What `lotse` can do: one module per command or family of commands."""
