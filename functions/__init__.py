"""Serverless functions, one folder each; each runs as processes of its own."""

import gc

# A function imports some 100,000 objects that live as long as the process and leaves hardly any
# cycles later. Looking for garbage among them took a tenth of a cold start.
gc.set_threshold(100_000, 10, 10)
