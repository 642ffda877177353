"""The figures that README and docs quote: each measured in one run, as a ratio where it can be."""
