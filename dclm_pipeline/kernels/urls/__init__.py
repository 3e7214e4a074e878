"""Addresses: their hosts, sets of domains, escapes undone, and keys by which equal ones meet."""
