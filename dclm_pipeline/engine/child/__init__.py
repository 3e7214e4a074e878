"""The guarded child: how it is forked, what it is asked to run, and the memory and messages that it shares."""
