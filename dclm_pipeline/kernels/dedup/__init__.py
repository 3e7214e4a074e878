"""Who is like whom: signatures, buckets, components, filters, and what of known texts stands in others."""
