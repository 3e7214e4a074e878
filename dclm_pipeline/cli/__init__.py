"""The command line: the only room that prints."""

import os

# Read when numpy is imported: its threads would wait, spinning, for algebra that nobody asks for.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
