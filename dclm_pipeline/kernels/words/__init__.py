"""Text as characters, words and runs of words; lists of terms found in it."""
