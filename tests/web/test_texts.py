"""Articles' texts as HTML: what is kept, and that nothing typed becomes markup it must not be."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from justhtml import Element, JustHTML, Node

from seealso.web.texts import MARKUP, MAX_MARKUP, article_html, short_url
from tests.support.payloads import PAYLOADS

ELEMENTS = {
    "plain": {"p", "br"},
    "markdown": {
        *("a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
        *("p", "pre", "strong", "ul"),
    },
}
ATTRIBUTES = {"a": {"href", "title", "rel"}, "ol": {"start"}}
# Without lone surrogates, which no stored text has.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MARKED = st.lists(
    st.sampled_from(
        [
            *("[", "]", "(", ")", "<", ">", "!", "*", "_", "`", "#", "-", "1.", " ", "\n", "\n\n"),
            *("    ", "\\", "&", ";", ":", "javascript:", "https://", "x", "a@b.c", "```", '"'),
            *(
                "&#106;",
                "\t",
                "\x00",
                "data:",
                "===",
                "]: ",
                "<script>",
                "onclick=",
                "'",
                "|",
                "~~~",
            ),
        ]
    ),
    max_size=40,
).map("".join)


def elements_of(html: str, text_format: str) -> list[Element]:
    """The elements of an output that has no parse error, and only what its format may have."""
    document = JustHTML(html, sanitize=False, fragment=True, collect_errors=True)
    assert document.errors == [], html
    elements = [node for node in walk(document.root) if isinstance(node, Element)]
    for element in elements:
        assert element.name in ELEMENTS[text_format], html
        assert set(element.attrs) <= ATTRIBUTES.get(element.name, set()), html
        if element.name == "a":
            assert element.attrs["rel"] == "noopener"
            scheme = scheme_in_browsers(element.attrs["href"] or "")
            assert scheme in (None, "http", "https", "mailto"), html
            # The parser empties a link that has another link in it.
            assert text_of(element.to_html()), html
    return elements


def walk(node: Node) -> list[Node]:
    found = []
    for child in getattr(node, "children", None) or []:
        found += [child, *walk(child)]
    return found


def scheme_in_browsers(url: str) -> str | None:
    """The scheme as the URL Standard reads it, which skips some characters (4.4, step 1)."""
    url = url.lstrip("".join(map(chr, range(0x21))))
    name, colon, _ = url.translate(dict.fromkeys(map(ord, "\t\n\r"))).partition(":")
    is_scheme = name[:1].isalpha() and all(
        c.isascii() and (c.isalnum() or c in "+-.") for c in name
    )
    return name.lower() if colon and is_scheme else None


def visible(text: str) -> str:
    return "".join(
        c
        for c in text
        if unicodedata.category(c) not in ("Zs", "Zl", "Zp", "Cc", "Cf")
        and not 0xFDD0 <= ord(c) <= 0xFDEF
        and ord(c) & 0xFFFE != 0xFFFE
    )


def text_of(html: str) -> str:
    return str(JustHTML(html, sanitize=False, fragment=True).to_text(separator="", strip=False))


# ---- plain -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (" \n\t\n", ""),
        ("one", "<p>one</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("one\r\ntwo\r\n\r\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("one\rtwo", "<p>one<br>\ntwo</p>"),
        ("one  \n\t \n\n\n  two\t", "<p>one</p>\n<p>two</p>"),
        ("\n\none\n\n", "<p>one</p>"),
        ("one\n\u200b\ntwo", "<p>one</p>\n<p>two</p>"),
        ("one\n\u00a0\ntwo", "<p>one</p>\n<p>two</p>"),
        ("one\ftwo", "<p>one<br>\ntwo</p>"),
        ("one\u2028two\u0085three", "<p>one<br>\ntwo<br>\nthree</p>"),
        ("one\u2029two", "<p>one<br>\ntwo</p>"),
        ("a\x00b\x07c\ufffed", "<p>abcd</p>"),
        ("<b>&amp;\"'", "<p>&lt;b&gt;&amp;amp;&#34;&#39;</p>"),
        ("*no* [x](y)", "<p>*no* [x](y)</p>"),
    ],
)
def test_plain_text(text: str, html: str) -> None:
    assert article_html(text, "plain") == html


@given(TEXTS | MARKED)
def test_plain_text_shows_what_was_typed(text: str) -> None:
    html = article_html(text, "plain")
    assert visible(text_of(html)) == visible(text)
    for element in elements_of(html, "plain"):
        assert element.name == "br" or text_of(element.to_html()).strip()


# ---- markdown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"),
        ("# One\n\n## Two\n\n# One", "<h2>One</h2>\n<h3>Two</h3>\n<h2>One</h2>\n"),
        ("### Three\n\n###### Six\n\n### Three", "<h2>Three</h2>\n<h3>Six</h3>\n<h2>Three</h2>\n"),
        ("#\n\n## \n\n-", "<ul>\n<li></li>\n</ul>\n"),
        ("One\n===", "<h2>One</h2>\n"),
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("```js\nx\n```", "<pre><code>x\n</code></pre>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[x](/y)", '<p><a href="/y" rel="noopener">x</a></p>\n'),
        ("[x](#y)", '<p><a href="#y" rel="noopener">x</a></p>\n'),
        ("[x](a/b:c)", '<p><a href="a/b:c" rel="noopener">x</a></p>\n'),
        ("[x](y 'z')", '<p><a href="y" title="z" rel="noopener">x</a></p>\n'),
        ("<a@b.example>", '<p><a href="mailto:a@b.example" rel="noopener">a@b.example</a></p>\n'),
        ("a[](https://example.com)b ![]() [![]()](https://example.com)", "<p>ab  </p>\n"),
        ("a  \nb\n***", "<p>a<br>\nb</p>\n<hr>\n"),
        ("[x](ftp://example.com)", "<p>[x](ftp://example.com)</p>\n"),
        (
            "![A *cat*](https://example.com/cat.png 'Tom')",
            '<p><a href="https://example.com/cat.png" rel="noopener">A cat</a></p>\n',
        ),
        (
            "![](https://example.com/cat.png)",
            '<p><a href="https://example.com/cat.png" rel="noopener">example.com/cat.png</a></p>\n',
        ),
        (
            "[![Cat](https://example.com/cat.png)](https://example.com)",
            '<p><a href="https://example.com" rel="noopener">Cat</a></p>\n',
        ),
        ("a\u2028b\x00", "<p>a\nb</p>\n"),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert article_html(text, "markdown") == html


@given(TEXTS | MARKED)
def test_markdown_makes_only_what_it_may(text: str) -> None:
    elements_of(article_html(text, "markdown"), "markdown")


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *("> ", ">", "[", "]", "[]", "[a](", "![", "*a ", "**a*b", "*", "*_", "_a", "a**b", "`"),
        *("`a``b", "- ", "1. ", "[a]: /u\n", "[a\n", "&", "&#x41;", "<", "<a ", "<http:", "<a@"),
        *("<!--", "\\", "a\n", "a\n\n", "---\n", "a\n-\n", "```\n", "~", "\t", "    a\n"),
        *("[a](<", '[a](b "', "> - ", "# a\n", "<![CDATA[", "[a](b)", "__a ", "*a _b ", ">a\nb\n"),
    ],
)
def test_hostile_markdown_is_rendered_in_linear_time(piece: str) -> None:
    count = 100_000 // len(piece)
    markup = sum(map(piece.count, MARKUP))
    # A text that is long, and one with as much markup as is still read as Markdown.
    for text in {piece * count, piece * min(count, MAX_MARKUP // max(markup, 1))}:
        used = time.process_time()
        html = article_html(text, "markdown")
        # It took at most .8 when this was written; quadratic time would be a minute.
        assert time.process_time() - used < 8
        assert len(html) < 20 * len(text)


def test_a_text_with_too_much_markup_is_plain() -> None:
    assert article_html("*a* " * (MAX_MARKUP // 2), "markdown").startswith("<p><em>a</em>")
    assert article_html("*a* " * (MAX_MARKUP // 2 + 1), "markdown").startswith("<p>*a*")


# ---- both ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text_format", ELEMENTS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup(payload: str, text_format: str) -> None:
    for text in (payload, f"A text.\n\n{payload}\n\nMore.", f"{payload} and {payload}"):
        elements_of(article_html(text, text_format), text_format)


def test_there_are_many_payloads() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 120


@pytest.mark.parametrize(
    ("url", "short"),
    [
        ("https://example.com/", "example.com"),
        ("https://example.com", "example.com"),
        ("http://example.com/a/b/", "example.com/a/b"),
        ("https://example.com/a?b=c#d", "example.com/a"),
        ("https://example.com?b=/c", "example.com"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        (f"https://example.com/{'a' * 48}", f"example.com/{'a' * 48}"),
        (f"https://example.com/{'a' * 49}", f"example.com/{'a' * 47}…"),
        ("/relative?x", "/relative"),
    ],
)
def test_short_urls(url: str, short: str) -> None:
    assert short_url(url) == short
