"""The process in which fastText is taught: it cannot be interrupted, so it is one that can be ended.

Run as a file, with settings as JSON in its only argument; imports nothing of this package. It ends when whoever started
it has gone, which the end of its standard input tells.
"""

import json
import os
import sys
import threading


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    """Teach, and write the model."""
    settings = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import fasttext

    fasttext.train_supervised(**settings["arguments"]).save_model(settings["model"])


if __name__ == "__main__":
    main()
