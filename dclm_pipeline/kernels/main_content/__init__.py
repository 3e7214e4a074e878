"""Which blocks of a page are its main content: numbers about blocks, and the model that judges by them."""
