"""One scan over the bytes of an HTML page: what is open, what is shown, what the page says of itself."""
