"""A broker for one machine that behaves as Knative's does, in memory: a development stand-in."""
