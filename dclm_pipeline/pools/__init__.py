"""Pools on disk: shards, receipts, manifests. Bytes and counts; nothing about what text means."""
