"""The stop words of languages: the words that make up a large share of trusted texts, as FineWeb2 takes them.

Words are parted by blanks and in small letters, as `signals` holds them against lists. Of a language whose texts are
mostly in scripts without blanks, single characters of those are taken instead. Words with digits or signs are none.
"""

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.stages.frequent import Frequent

# Bytes; longer words are nobody's stop words, and hostile texts have many of them.
_LONGEST = 96
_JOINERS = "'’-"


class CommonWords:
    """What the texts of one language hold so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._words = Frequent()
        self._characters = Frequent()
        self._filled = 0

    @property
    def size(self) -> int:
        """Count the words so far, or the characters of scripts without blanks where those are the most."""
        return (self._characters if self.is_unspaced else self._words).total

    @property
    def is_unspaced(self) -> bool:
        """Tell whether most of the characters are of scripts that part words by nothing."""
        return 2 * self._characters.total > self._filled

    def add(self, texts: Array) -> None:
        """Count the words of some texts, none of them null, and their characters without blanks between words."""
        from dclm_pipeline.kernels.characters import UNSPACED, character_table
        from dclm_pipeline.kernels.strings import views

        words = pc.utf8_split_whitespace(pc.utf8_lower(texts.cast(pa.large_string()))).flatten()
        words = words.filter(pc.not_equal(words, pa.scalar("", pa.large_string()))).cast(pa.large_string())
        offsets, data = views(words)
        short = np.diff(offsets) <= _LONGEST
        self._words.add(words.filter(from_numpy(short)), len(words))
        codes = np.frombuffer(data[offsets[0] : offsets[-1]].tobytes().decode("utf-8").encode("utf-32-le"), "<u4")
        unspaced = codes[character_table()[codes] & UNSPACED != 0]
        values, counts = np.unique(unspaced, return_counts=True)
        characters = pa.array(list(values.tobytes().decode("utf-32-le")), pa.large_string())
        self._characters.add_counts(characters, from_numpy(counts), len(unspaced))
        self._filled += len(codes)

    def stop_words(self, share: float, least: int) -> tuple[str, ...]:
        """Return the words that make up at least a share of all, and no fewer than so many where there are so many."""
        from dclm_pipeline.kernels.words.stop_words import fold

        counts = self._characters if self.is_unspaced else self._words
        found: dict[str, str] = {}
        for word, count in counts.ranking(1):
            if count < share * counts.total and len(found) >= least:
                break
            if is_plain(word):
                found.setdefault(fold(word), word)
        return tuple(found.values())


def is_plain(word: str) -> bool:
    """Tell whether a word is one of letters alone, with joiners between them at most, in small letters."""
    first, last = unicodedata.category(word[0]), unicodedata.category(word[-1])
    # Letters that only change others, such as the mark of long vowels in Katakana, begin and end no word.
    ends = first[0] == "L" and last[0] in "LM" and "Lm" not in (first, last)
    inner = all(unicodedata.category(each)[0] in "LM" or each in _JOINERS for each in word[1:-1])
    return ends and inner and word.lower() == word and word.split() == [word]
