"""Any bytes are a page, and a link is found wherever a browser would show one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seealso.verifying.child import judge
from seealso.verifying.finding import Answer, Finding
from seealso.verifying.html_links import is_html, parse_page
from tests.verifying.page_cases import PAGE_URL, TARGETS

TYPES = ["", "text/html; charset=utf-16", "text/html; charset=shift_jis", "application/xhtml+xml"]
PIECES = [
    "<a href=x>", "</a>", "<base href=y>", "<title>", "</title>", "<table>", "<td>", "<svg>",
    "<template>", "<select>", "<!--", "-->", "<![CDATA[", "]]>", "<script>", "</script>", "<math>",
    "<meta charset=utf-16>", "<meta http-equiv=refresh content='0;url=x'>", "&#xD800;", "&", "\0",
    "<plaintext>", "<frameset>", "'", '"', "=", ">", "<", "/", " ", "é", "\ufeff", "x",
]  # fmt: skip
# Elements that contain any others, and end where they are told to.
CONTAINERS = ["div", "section", "main", "blockquote", "em", "b", "span", "ul", "li", "details", "p"]
NEIGHBORS = [
    "", "text", "<br>", "<img src=y>", "<!-- x -->", "<script>'<a href=s>'</script>", "<hr>",
    "<template><a href=t></template>", "<svg><path/></svg>", "<style>a{}</style>", "<i>x</i>",
    "<table><tr><td>x</td></tr></table>", "<textarea><a href=u></textarea>", "&amp;", "<x-y></x-y>",
    "<h2>x</h2>", "<select><option>x</select>", "<noscript><a href=n></noscript>",
]  # fmt: skip


def judged(body: bytes, content_type: str, is_cut_off: bool) -> Finding:
    headers = {"content-type": content_type}
    return judge(Answer(200, headers, PAGE_URL, body, is_cut_off), TARGETS)


@given(st.binary(max_size=500), st.sampled_from(TYPES), st.booleans())
@example(b"", "application/xhtml+xml", True)
@example(b"\xff\xfe", "text/html; charset=", True)
def test_any_bytes_are_a_page(body: bytes, content_type: str, is_cut_off: bool) -> None:
    assert judged(body, content_type, is_cut_off).kind == "missing"


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.sampled_from(TYPES))
def test_any_markup_is_a_page(markup: str, content_type: str) -> None:
    assert judged(markup.encode(), content_type, False).kind == "missing"


@given(st.text(max_size=50), st.text(max_size=50))
@example("http://[", "//site.example:99999/")
@example("//xn--\u00e9.site.example/", "///\\site.example")
def test_any_text_is_a_base_and_an_href(base: str, href: str) -> None:
    written = [text.replace("&", "&amp;").replace('"', "&quot;") for text in (base, href)]
    page = '<base href="{}"><a href="{}">x</a>'.format(*written)
    assert judged(page.encode("utf-8", "replace"), "text/html", False).kind == "missing"


@given(
    st.lists(st.tuples(st.sampled_from(CONTAINERS), st.sampled_from(NEIGHBORS)), max_size=30),
    st.lists(st.sampled_from(NEIGHBORS), max_size=5).map("".join),
)
def test_finds_a_link_within_any_closed_elements(around: list[tuple[str, str]], after: str) -> None:
    before = "".join(f"<{name}>{neighbor}" for name, neighbor in around)
    closing = "".join(f"</{name}>" for name, _ in reversed(around))
    page = parse_page(f"{before}<a href=found>x</a>{closing}{after}".encode(), "", is_cut_off=False)
    assert [link.href for link in page.hyperlinks] == ["found"]


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_character_that_was_cut_in_two_does_not_change_the_character_set(cut: int) -> None:
    body = "<title>é</title>\U0001f600".encode()[:-cut]
    assert parse_page(body, "", is_cut_off=True).title == "é"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("", True),
        ("text/html", True),
        (" Text/HTML ;charset=x", True),
        ("application/xhtml+xml", True),
        ("text/html, text/html; charset=x", True),
        ("image/png, text/html", True),
        ("text/html, ", True),
        ("text/html charset=x", True),  # no type at all
        ("x", True),
        ("text/html, image/png", False),
        ("text/htmlx", False),
        ("text/plain; x=text/html", False),
        ("image/png", False),
    ],
)
def test_which_types_are_html(content_type: str, expected: bool) -> None:
    assert is_html(content_type) is expected
