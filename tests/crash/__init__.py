"""Kill everything at random while applications arrive, and count what was lost: nothing may be."""
