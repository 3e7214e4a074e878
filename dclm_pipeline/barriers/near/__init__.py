"""The rounds of near deduplication, one module each. Loaded when a step is opened: they import kernels."""
