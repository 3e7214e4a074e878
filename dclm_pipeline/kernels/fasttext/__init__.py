"""Models of fastText, as they are and folded, read from hostile files and asked a batch at a time."""
