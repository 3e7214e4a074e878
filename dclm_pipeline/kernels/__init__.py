"""Numbers alone: numba over Arrow buffers. Imported when they are first used, for numba takes its time."""
