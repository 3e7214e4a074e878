"""The words in classes, ids and styles by which Resiliparse tells what an element is for: 21 patterns, one bit each.

The vocabulary is that of Resiliparse 2.0.1 (Bevendorff et al., Apache-2.0,
https://github.com/chatnoir-eu/chatnoir-resiliparse), with all its oddities; a test asks the library about each pattern.
A pattern is what may stand before, what is looked for, and what may stand behind; it may match anywhere in a string.

    a -     letters, digits, hyphens, underscores and other marks stand for themselves, letters in either case
    =       a hyphen or an underscore
    ~       one of these or nothing
    *       any number of these
    .       a blank: space, tab, line feed, vertical tab, form feed or carriage return
    ,       any number of blanks
    #       hexadecimal digits, at least one
    ^ $     the start and the end of the string
    (a b)   one of what blanks part
    [a b]   one of these or nothing

Case and blanks are those of ASCII; a byte beyond ASCII is nothing that a pattern has.
"""

from typing import NamedTuple


class Pattern(NamedTuple):
    """What is looked for, between what may stand before and behind it."""

    before: str
    words: str
    behind: str
    either_case: bool = True


# What parts the names in an attribute, and what parts the words of a name as well.
_NAME_BEGINS, _NAME_ENDS = "(^ .)", "($ .)"
_WORD_BEGINS, _WORD_ENDS = "(^ . =)", "($ . =)"
_ANYWHERE = ""

PATTERNS = {
    "display_class": Pattern(
        _NAME_BEGINS,
        "[(is visually)=](display-none hidden invisible collapsed h-0 nocontent expandable)[-xs -sm -lg -xl -2xl]",
        _NAME_ENDS,
    ),
    "display_style": Pattern("(^ ;,)", "(display[.]:[.]none visibility[.]:[.]hidden)", "($ [.];)"),
    "skip_link": Pattern(
        _NAME_BEGINS,
        "[link~](skip[~(to link)] scroll~(up down) next prev[ious] permalink pagination skip-to-[main-]content)",
        "($ . ~(post article))",
    ),
    "sign_in": Pattern(_WORD_BEGINS, "(log~in sign~(in up) account user=(info profile settings actions))", _WORD_ENDS),
    # The word `metadata` counts wherever it ends a word, the others wherever they begin one.
    "post_meta": Pattern(
        _ANYWHERE,
        "(^ . =)((post entry article[page] content story section)*[text*](footer teaser meta[~data] subline sidebar"
        " author[name] published timestamp date posted~on info label[s] tag[s] keywords category)"
        " by~line date~line author-date submitted[-by])"
        " meta~data($ . =)",
        _ANYWHERE,
    ),
    "social": Pattern(
        "(^ . __ -- mobile- desktop- l- m- c-)",
        "(social[media search] share[daddy] syndication newsletter sharing follow email like[s] [give~]feedback"
        " [brand=]engagement facebook twitter subscribe wa jp aptf-follow)"
        "[~(post link[s] section icon[s] btn button[s] target)]",
        _WORD_ENDS,
    ),
    "logo": Pattern(_ANYWHERE, "logo", _NAME_ENDS),
    # A bare `ad` counts at the end of the string alone.
    "advertisement": Pattern(
        _NAME_BEGINS,
        "((google wide)~ad[s] ad(vert vertise[ment link] $ _#) sponsor[ed] promoted paid [wide]banner donate)",
        _WORD_ENDS,
    ),
    "other_junk": Pattern(_ANYWHERE, "(^ .)short-view-count spinner($ . =)", _ANYWHERE, either_case=False),
    "article": Pattern(
        _WORD_BEGINS, "(article entry post story single~post [main=]content body text page)", _WORD_ENDS
    ),
    "landmark": Pattern("^", "[(l wp global page site full sticky)*]((head foot)[er] right)", "$"),
    "header": Pattern(_NAME_BEGINS, "(l m wp global page site full sticky)*header[~wrap[per] bar]", _NAME_ENDS),
    "footer": Pattern(
        _NAME_BEGINS,
        "[(global page site)~](footer copyright cookie consent legal fcontainer)"
        "[=(wrap[per] container banner notice bar consent)]",
        _NAME_ENDS,
    ),
    "navigation": Pattern(
        _NAME_BEGINS,
        "[(l m wp main site page sub article global sticky)*](nav[igation bar][=(bar menu container wrapper)] menu[=item]"
        " drop~down bread~crumb[s] link[s]~(bar box list container section wrapper))",
        _NAME_ENDS,
    ),
    "recommended": Pattern(
        _WORD_BEGINS,
        "(trends trending recommended featured popular editor[s]=picks related read-next"
        " related~(links articles posts guides stories))",
        _WORD_ENDS,
    ),
    "comments": Pattern(_WORD_BEGINS, "[(article user post)*]([no~]comment[s] comment~list reply)", _WORD_ENDS),
    "search": Pattern(_NAME_BEGINS, "search[~(bar facility box)]", _NAME_ENDS),
    "sidebar": Pattern(_NAME_BEGINS, "[(l wp global sticky)*]((side sticky)~(bar[s] box) one-third)", _NAME_ENDS),
    "modal": Pattern(_NAME_BEGINS, "[wp- p- -l](modal popup lightbox)[*(window pane box)]", _NAME_ENDS),
    "gallery": Pattern(_NAME_BEGINS, "(gallery carousel)", _NAME_ENDS),
    "print": Pattern(_NAME_BEGINS, "print=", _ANYWHERE),
}
