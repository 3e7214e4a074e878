"""A chain of steps at work on batches, and how what they answer is held against what they declare."""
