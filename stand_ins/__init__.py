"""Servers on loopback that stand in for those of others: for tests, and for what measures against them."""
