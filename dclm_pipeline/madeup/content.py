"""What pages of each kind say: one function a kind, from luck and a voice to content.

Knows nothing of sites, addresses or bytes. `WRITERS` are the kinds whose pages say something; the rest of a page's
kinds (empty bodies, redirects and the like) are in `oddities`.
"""

from collections.abc import Callable, Mapping

from dclm_pipeline.madeup.blocks import Block, Content
from dclm_pipeline.madeup.languages import PLACEHOLDER
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.material import lines_of_code
from dclm_pipeline.madeup.voice import Voice, voice_of
from dclm_pipeline.madeup.words import words

_BETTING = words(
    "casino bonus jackpot slots roulette poker betting odds free spins lucky win deposit today vip club cash prize"
    " lottery blackjack wager dealer"
)
_DATING = words("singles dating chat flirt hot meet tonight lonely match webcam private profile date adult romance")
_CHEAP = words(
    "cheap discount sale offer outlet best price buy online replica handbags watches shoes pills loan insurance credit"
    " repair seo backlinks coupon shipping"
)
_UNITS = ("cm", "kg", "mm", "W", "V", "ml", "g", "%")


def _title(luck: Luck, voice: Voice) -> str:
    return voice.titles(luck, 1)[0]


def _sentences(luck: Luck, typical: int, least: int, most: int) -> int:
    return max(least, min(most, round(typical * luck.heavy())))


def write_article(luck: Luck, voice: Voice) -> Content:
    """Write running text under headings; long ones are rare and very long."""
    paragraphs = voice.paragraphs(luck, _sentences(luck, 30, 8, 320))
    headings = iter(voice.titles(luck, len(paragraphs) // 4))
    blocks = []
    for i, paragraph in enumerate(paragraphs):
        if i % 4 == 3 and i + 1 < len(paragraphs):
            blocks.append(Block("h2", next(headings)))
        blocks.append(Block("quote" if i % 9 == 5 else "p", paragraph))
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


def write_blog(luck: Luck, voice: Voice) -> Content:
    """Write a short diary entry that ends in a list."""
    paragraphs = voice.paragraphs(luck, _sentences(luck, 20, 6, 150))
    blocks = [Block("p", paragraph) for paragraph in paragraphs]
    if luck.chance(0.5):
        blocks += [Block("li", item) for item in voice.sentences(luck, luck.between(3, 7))]
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


def write_documentation(luck: Luck, voice: Voice) -> Content:
    """Write a manual page: prose, code, a table, a list of options."""
    blocks = []
    for heading in voice.titles(luck, luck.between(2, 6)):
        blocks.append(Block("h2", heading))
        blocks += [Block("p", paragraph) for paragraph in voice.paragraphs(luck, luck.between(2, 8))]
        blocks.append(Block("pre", lines_of_code(luck, luck.between(3, 14))))
        if luck.chance(0.4):
            names = voice.titles(luck, luck.between(3, 8))
            blocks += [Block("row", f"--option-{i}\t{luck.below(999)}\t{name}") for i, name in enumerate(names)]
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


def write_product(luck: Luck, voice: Voice) -> Content:
    """Write a product page: a price, a pitch, features, figures."""
    blocks = [Block("p", f"{luck.between(2, 900)}.{luck.below(100):02d} EUR")]
    blocks += [Block("p", paragraph) for paragraph in voice.paragraphs(luck, _sentences(luck, 7, 2, 40))]
    blocks += [Block("li", item) for item in voice.titles(luck, luck.between(2, 8))]
    names = voice.titles(luck, luck.between(2, 9))
    blocks += [Block("row", f"{name}\t{luck.between(1, 500)} {luck.pick(_UNITS)}") for name in names]
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


def write_forum(luck: Luck, voice: Voice) -> Content:
    """Write a thread: short posts, some of which quote the one before."""
    sentences = voice.sentences(luck, luck.between(6, 70))
    blocks: list[Block] = []
    at = 0
    while at < len(sentences):
        if at > 4 and luck.chance(0.2):
            blocks.append(Block("quote", sentences[at - 1]))
        end = at + luck.between(1, 5)
        blocks.append(Block("post", voice.language.space.join(sentences[at:end])))
        at = end
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


def write_listing(luck: Luck, voice: Voice) -> Content:
    """Write a page of teasers."""
    titles = voice.titles(luck, luck.between(10, 50))
    return Content(_title(luck, voice), tuple(Block("li", title) for title in titles), voice.language.code)


def write_short(luck: Luck, voice: Voice) -> Content:
    """Write one or two sentences."""
    paragraph = voice.language.space.join(voice.sentences(luck, luck.between(1, 2)))
    return Content(_title(luck, voice), (Block("p", paragraph),), voice.language.code)


def write_spam(luck: Luck, voice: Voice) -> Content:
    """Write keywords again and again, or one line again and again."""
    keys = [" ".join(luck.pick(_CHEAP) for _ in range(luck.between(2, 4))) for _ in range(luck.between(2, 6))]
    if luck.chance(0.5):
        line = f"{luck.pick(keys)} - {_title(luck, voice)}"
        blocks = [Block("p", line)] * luck.between(15, 120)
    else:
        rows = [" ".join(luck.pick(keys) for _ in range(luck.between(5, 30))) for _ in range(luck.between(3, 15))]
        blocks = [Block("p", row) for row in rows]
    return Content(keys[0], tuple(blocks), "en")


def write_gambling(luck: Luck, voice: Voice) -> Content:
    """Write a pitch full of words that block lists know, mild ones."""
    words = luck.pick((_BETTING, _DATING))
    blocks = []
    for sentence in voice.sentences(luck, luck.between(5, 20)):
        pitch = " ".join(luck.pick(words) for _ in range(luck.between(3, 9)))
        blocks.append(Block("p", f"{sentence} {pitch.capitalize()}!"))
    return Content(" ".join(luck.pick(words) for _ in range(4)).title(), tuple(blocks), voice.language.code)


def write_placeholder(luck: Luck, voice: Voice) -> Content:
    """Write the Latin of unfinished sites."""
    latin = voice_of(PLACEHOLDER)
    blocks = tuple(Block("p", paragraph) for paragraph in latin.paragraphs(luck, luck.between(6, 30)))
    return Content(_title(luck, voice), blocks, latin.language.code)


def write_braces(luck: Luck, voice: Voice) -> Content:
    """Write an article in which template placeholders were left standing."""
    blocks = [Block("p", f"{paragraph} {{{{ item.{luck.below(90)} }}}}") for paragraph in voice.paragraphs(luck, 18)]
    return Content(_title(luck, voice), tuple(blocks), voice.language.code)


Writer = Callable[[Luck, Voice], Content]

WRITERS: Mapping[str, Writer] = {
    "article": write_article,
    "blog": write_blog,
    "documentation": write_documentation,
    "product": write_product,
    "forum": write_forum,
    "listing": write_listing,
    "short": write_short,
    "spam": write_spam,
    "gambling": write_gambling,
    "placeholder": write_placeholder,
    "braces": write_braces,
    "broken": write_article,
    "deep": write_short,
}
