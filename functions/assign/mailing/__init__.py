"""Send by mail what was noted for it when a case was assigned."""
