"""Near copies: what changes from an original to its copy, and how alike the two then are."""

from dclm_pipeline.madeup.blocks import EDITABLE, Block, Content
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.voice import Voice

GRAM = 13


def near_copy(content: Content, luck: Luck, voice: Voice) -> Content:
    """Return the content with a few words or a few paragraphs changed; one time in six with nothing changed.

    The page around it is another site's, so even then no two bodies are equal.
    """
    places = [i for i, block in enumerate(content.blocks) if block.tag in EDITABLE]
    match luck.below(6):
        case 0 | 1:
            return _with_other_words(content, places, luck, voice)
        case 2:
            return _with_other_blocks(content, [luck.pick(places)], luck, voice)
        case 3:
            gone = luck.pick(places)
            left = tuple(block for i, block in enumerate(content.blocks) if i != gone)
            return content.with_blocks(left) if len(places) > 1 else content
        case 4:
            others = [place for place in places if luck.chance(0.3)]
            return _with_other_blocks(content, others, luck, voice)
    return content


def shared_grams(one: str, other: str, space: str) -> float:
    """Return the Jaccard similarity of two texts' sets of word 13-grams.

    Words are what stands between white space; where a language writes no spaces, every character is a word.
    A text of fewer than 13 words is one gram.
    """
    first, second = _grams(one, space), _grams(other, space)
    return len(first & second) / len(first | second)


def _grams(text: str, space: str) -> set[tuple[str, ...]]:
    words = text.split() if space else [character for character in text if not character.isspace()]
    if len(words) <= GRAM:
        return {tuple(words)}
    return set(zip(*(words[k:] for k in range(GRAM)), strict=False))


def _with_other_words(content: Content, places: list[int], luck: Luck, voice: Voice) -> Content:
    space = voice.language.space
    fresh = _words(voice.sentences(luck, 1)[0], space)
    blocks = list(content.blocks)
    for _ in range(luck.between(1, 6)):
        place = luck.pick(places)
        words = _words(blocks[place].text, space)
        words[luck.below(len(words))] = luck.pick(fresh)
        blocks[place] = Block(blocks[place].tag, space.join(words))
    return content.with_blocks(tuple(blocks))


def _with_other_blocks(content: Content, places: list[int], luck: Luck, voice: Voice) -> Content:
    blocks = list(content.blocks)
    for place in places:
        fresh = voice.language.space.join(voice.sentences(luck, luck.between(2, 5)))
        blocks[place] = Block(blocks[place].tag, fresh)
    return content.with_blocks(tuple(blocks))


def _words(text: str, space: str) -> list[str]:
    return text.split(space) if space else list(text)
