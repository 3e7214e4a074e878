"""Our pool beside a published one: which documents both have, and whether they say the same there.

Knows the columns of published data sets; nothing of how either was built, but which of our rules came first.
"""
