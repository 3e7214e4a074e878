import re

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.claim_attributes import DIRECTIVES, LICENCES, PATHS
from dclm_pipeline.kernels.html.claims import PLACES, scan_claims
from dclm_pipeline.kernels.html.tags import BREAKOUT, RAW, flags, kind
from dclm_pipeline.kernels.strings import views

AGENTS = ("ccbot",)
VALUED = ("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after")
BLANK = "[\t\n\f\r ]"
# A tag with its attributes; a comment; anything else that begins with a bracket. As the HTML standard parts them.
NAME = r"([^\t\n\f\r />][^\t\n\f\r />=]*+)"
VALUE = r"""(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*+|(?=>)))"""
# Behind a name, an equals sign always begins a value: a quote that never ends makes a tag that never ends.
ATTRIBUTE = rf"(?:{BLANK}|/)*+{NAME}(?:{BLANK}*+={BLANK}*+{VALUE}|(?!{BLANK}*=))"
TAG = re.compile(rf"<(/?)([A-Za-z][^\t\n\f\r />]*)((?:{ATTRIBUTE})*)(?:{BLANK}|/)*>")
COMMENT = re.compile(r"<!--(?:>|->|.*?(?:-->|--!>|\Z))", re.DOTALL)
BOGUS = re.compile(r"<(?:[!?]|/(?=[^A-Za-z]))[^>]*(?:>|\Z)")
CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
FLAGS = flags().tolist()
KNOWN = {
    name: kind(name)
    for name in [
        "meta",
        "link",
        "a",
        "div",
        "section",
        "footer",
        "svg",
        "math",
        "template",
        "script",
        "style",
        "textarea",
        "title",
        "p",
    ]
}


def lower(text):
    return re.sub("[A-Z]", lambda found: found[0].lower(), text)


def trimmed(text):
    return lower(text.strip("\t\n\f\r "))


def licence_of(url):
    found = re.match(r"(?:https?:?)?//(?:w[^.]{2}\.)?creativecommons\.org/([^?#\s]*)", lower(url.strip("\t\n\f\r ")))
    if found is None:
        return None
    parts = found[1].split("/")
    path = "/".join(parts[:3] if len(parts) > 2 and parts[2][:1].isdigit() else parts[:2])
    return LICENCES[PATHS.index(path)] if path in PATHS else None


def directives_of(words):
    return sum(1 << place for place, name in enumerate(DIRECTIVES) if name in words)


def slow_claims(page, head):
    """Return directives, whether rights are reserved, the licence, its place, and how many there are."""
    words, reserved, licences = set(), set(), []
    for line in head.split("\n"):
        name, colon, value = line.partition(":")
        if colon and trimmed(name) == "x-robots-tag":
            ours = True
            for token in value.split(","):
                agent, mark, rest = token.partition(":")
                if mark and trimmed(agent) not in VALUED:
                    ours, token = trimmed(agent) in ("robots", *AGENTS), rest
                words |= {trimmed(token)} if ours else set()
        elif colon and trimmed(name) == "tdm-reservation":
            reserved.add(trimmed(value))
        elif colon and trimmed(name) == "license":
            licences.append((PLACES.index("header"), licence_of(value)))
    place, foreign, template, footer, depth = 0, 0, 0, "", 0
    while (place := page.find("<", place)) >= 0:
        text = page[place:]
        if foreign and CDATA.match(text):
            place += CDATA.match(text).end()
            continue
        other = COMMENT.match(text) if text.startswith("<!--") else BOGUS.match(text)
        tag = TAG.match(text)
        if tag is None:
            if re.match("</?[A-Za-z]", text):
                break  # a tag that never ends
            place += other.end() if other else 1
            continue
        place += tag.end()
        ending, name, written = tag[1] == "/", lower(tag[2]), tag[3]
        values = {}
        for found in re.finditer(ATTRIBUTE, written):
            values.setdefault(lower(found[1]), []).append(next((value for value in found.groups()[1:] if value), ""))
        first = {key: each[0] for key, each in values.items()}
        flag = FLAGS[KNOWN[name]] if name in KNOWN else 0
        if name in ("svg", "math"):
            closed = tag[0].endswith("/>") and not re.search(rf"={BLANK}*[^\"'\s>][^\s>]*/\Z", tag[0][:-1])
            foreign = max(0, foreign - 1) if ending else foreign + (not closed)
        elif name == "template":
            template = max(0, template - 1) if ending else template + 1
        elif name == footer:
            depth += -1 if ending else 1
            footer = footer if depth else ""
        elif not ending and not footer:
            named = name in ("div", "section") and any(
                re.search("footer|contentinfo", lower(value))
                for key in ("id", "class", "role")
                for value in values.get(key, [])
            )
            if name == "footer" or named:
                footer, depth = name, 1
        if ending:
            continue
        foreign = 0 if flag & BREAKOUT else foreign
        if name in ("meta", "link", "a") and not template:
            licence = licence_of(first.get("content" if name == "meta" else "href", ""))
            related = "license" in lower(first.get("rel", "")).translate(
                dict.fromkeys(map(ord, "\t\n\f\r"), " ")
            ).split(" ")
            if name == "meta":
                label = trimmed(first["name"]) if "name" in first else None
                if label == "tdm-reservation":
                    reserved.add(trimmed(first.get("content", "")))
                elif label in ("robots", *AGENTS):
                    words |= set(re.split("[,;\t\n\f\r ]", lower(first.get("content", ""))))
                if label is not None or "property" in first:
                    licences.append((PLACES.index("head"), licence))
            elif name == "link" and related:
                licences.append((PLACES.index("head"), licence))
            elif name == "a":
                where = "rel" if related else "footer" if footer else "body"
                licences.append((PLACES.index(where), licence))
        if flag & RAW and not foreign:
            end = re.compile(rf"</{re.escape(name)}(?=[\t\n\f\r />])", re.IGNORECASE).search(page, place)
            place = len(page) if end is None else end.start()
    licences = [(where, licence) for where, licence in licences if licence is not None]
    where, licence = min(licences, key=lambda each: each[0], default=(None, None))
    said = 1 if "1" in reserved else 0 if "0" in reserved else -1
    return directives_of(words), said, licence, where, len({licence for _, licence in licences})


def fast_claims(pages, heads, first=0):
    html, said = (pa.array(texts, pa.large_string()).slice(first) for texts in (pages, heads))
    claims = scan_claims(views(html), views(said), AGENTS)
    return [
        (
            int(claims.directives[row]),
            int(claims.reserved[row]),
            None if claims.licence[row] < 0 else LICENCES[claims.licence[row]],
            None if claims.place[row] < 0 else int(claims.place[row]),
            int(claims.licences[row]),
        )
        for row in range(len(html))
    ]


URLS = [
    "https://creativecommons.org/licenses/by/4.0/",
    "//www.creativecommons.org/licenses/by-sa/3.0/de/deed.en?x#y",
    "http://creativecommons.org/publicdomain/zero/1.0",
    "HTTPS://CreativeCommons.org/licenses/BY-NC/2.5",
    "https://creativecommons.org/licenses/by/9.9/",
    "https://creativecommons.org/licenses/",
    "https://notcreativecommons.org/licenses/by/4.0/",
    "https://example.org/?u=https://creativecommons.org/licenses/by/4.0/",
]
PIECES = [
    *(f'<a href="{url}">' for url in URLS),
    *(f"<link rel='x license' href={url}>" for url in URLS),
    *(f"<meta content='{url}' name=dc.rights>" for url in URLS[:3]),
    *(
        "<a rel=license href='//creativecommons.org/licenses/by/4.0/'/>",
        "<A HREF=x HREF=//creativecommons.org/licenses/by/4.0/>",
    ),
    *('<meta name="robots" content="noindex, NoAI">', "<META CONTENT='noarchive;nocache none' NAME=' CCBot '/>"),
    *(
        "<meta name=robots name=x content=noml content=noai>",
        "<meta name=googlebot content=noindex>",
        "<meta name=robots>",
    ),
    *(
        "<meta name=tdm-reservation content=' 1 '>",
        "<meta name=tdm-reservation content=0>",
        "<meta property=x content=noai>",
    ),
    *(
        "<footer>",
        "</footer>",
        "<div class='site-footer'>",
        "<div>",
        "</div>",
        "<section role=contentinfo>",
        "</section>",
    ),
    *(
        "<!--",
        "-->",
        "<!-->",
        "--!>",
        "<script>",
        "</script>",
        "<style>",
        "</style >",
        "<title>",
        "</title>",
        "<textarea>",
    ),
    *(
        "</textarea/>",
        "<template>",
        "</template>",
        "<svg>",
        "</svg>",
        "<svg/>",
        "<math>",
        "<![CDATA[",
        "]]>",
        "<p>",
        "<p title='",
    ),
    *(
        "'>",
        '">',
        ">",
        "<",
        "</",
        "<!",
        "<?",
        "/",
        "=",
        "text",
        " ",
        "é",
        "<div a='>' b=\"<meta name=robots content=noai>\">",
    ),
]
FIELDS = [
    "x-robots-tag: noindex, NOAI",
    "X-Robots-Tag: googlebot: noindex, nofollow, ccbot: noarchive",
    "x-robots-tag: max-snippet: 5, noml",
    "tdm-reservation: 1",
    "tdm-reservation:0 ",
    "license: https://creativecommons.org/licenses/by/4.0/",
    "license: https://example.org/",
    "other",
]
PAGES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map("".join)
HEADS = st.lists(st.sampled_from(FIELDS), max_size=3).map("\n".join)


@settings(max_examples=400)
@given(st.lists(st.tuples(PAGES, HEADS), min_size=1, max_size=4), st.integers(0, 2))
def test_what_is_said_agrees_with_python(rows, first):
    # Scripts in comments in scripts have rules of their own, which tests of `markup` know.
    pages = [re.sub("(?i)<script", "<style", page) for page, _ in rows]
    heads = [head for _, head in rows]

    assert fast_claims(pages, heads, first) == [
        slow_claims(*row) for row in zip(pages[first:], heads[first:], strict=True)
    ]
