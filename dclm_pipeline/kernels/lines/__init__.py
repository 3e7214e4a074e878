"""Texts taken apart into lines, passages and links, and put together again without some of them."""
