"""Submitted pages, and what a check of each must find.

The article is number 1 of a site with the pattern https://site.example/a/{id} and the hosts
site.example and news.example; this API is at https://api.example. Each page comes from
https://blog.example/posts/1.html, unless its case says otherwise.
"""

from typing import NamedTuple

from seealso.verifying.finding import Answer, Finding, target_urls

TARGETS = target_urls(
    "https://site.example/a/{id}", ["site.example", "news.example"], 1, "https://api.example"
)
PAGE_URL = "https://blog.example/posts/1.html"
ARTICLE = "https://site.example/a/1"
LINK = f'<a href="{ARTICLE}">The article</a>'
UTF_16 = f"<title>é</title>{LINK}"


class Case(NamedTuple):
    """A response, and its finding but for title and canonical: the codes of one that is missing,
    None for a link that is seen at `href`."""

    name: str
    body: str | bytes
    codes: tuple[str, ...] | None = None
    href: str | None = ARTICLE
    rel: str | None = None
    content_type: str | None = "text/html"
    url: str = PAGE_URL
    is_cut_off: bool = False

    @property
    def answer(self) -> Answer:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {} if self.content_type is None else {"content-type": self.content_type}
        return Answer(200, headers, self.url, body, self.is_cut_off)

    @property
    def finding(self) -> Finding:
        if self.codes is None:
            return Finding("seen", (), self.href, self.rel)
        return Finding("missing", self.codes, self.href)


def missing(
    name: str,
    body: str | bytes,
    *codes: str,
    href: str | None = None,
    content_type: str | None = "text/html",
    url: str = PAGE_URL,
    is_cut_off: bool = False,
) -> Case:
    """A page without a link to the article; without codes: `no-link`."""
    return Case(name, body, codes or ("no-link",), href, None, content_type, url, is_cut_off)


BROKEN_REFRESHES = [".", "0; url=http://", "0;url=https://exa mple.com/", "0;url=http://x:port/"]

SEEN = [
    Case("a link", LINK),
    *(
        Case(f"a refresh to {each}", f'<meta http-equiv="refresh" content="{each}">{LINK}')
        for each in BROKEN_REFRESHES
    ),
    Case("a type that is repeated", LINK, content_type="text/html, text/html; charset=utf-8"),
    Case("a type that is none", LINK, content_type="text/html charset=utf-8"),
    Case(
        "a title of an image like a wall's",
        f"<svg><title>Just a moment...</title></svg><title>x</title>{LINK}",
    ),
    Case("an area", f'<map><area href="{ARTICLE}" alt="x"></map>'),
    Case(
        "another of the site's hosts",
        '<a href="https://news.example/a/1">x</a>',
        href="https://news.example/a/1",
    ),
    Case(
        "www", '<a href="https://www.site.example/a/1">x</a>', href="https://www.site.example/a/1"
    ),
    Case(
        "this API's page of the article",
        '<a href="https://api.example/a/1">x</a>',
        href="https://api.example/a/1",
    ),
    Case("http", '<a href="http://site.example/a/1">x</a>', href="http://site.example/a/1"),
    Case("a slash at the end", f'<a href="{ARTICLE}/">x</a>', href=f"{ARTICLE}/"),
    Case("a fragment", f'<a href="{ARTICLE}#comments">x</a>', href=f"{ARTICLE}#comments"),
    Case(
        "tracking parameters",
        f'<a href="{ARTICLE}?utm_source=blog&amp;fbclid=1">x</a>',
        href=f"{ARTICLE}?utm_source=blog&fbclid=1",
    ),
    Case("a host in capitals", '<a href="HTTPS://SITE.EXAMPLE/a/1">x</a>'),
    Case(
        "an escape that is not needed",
        '<a href="https://site.example/%61/1">x</a>',
        href="https://site.example/%61/1",
    ),
    Case("a port that is the default", '<a href="https://site.example:443/a/1">x</a>'),
    Case(
        "a dot at the host's end",
        '<a href="https://site.example./a/1">x</a>',
        href="https://site.example./a/1",
    ),
    Case("no scheme", '<a href="//site.example/a/1">x</a>'),
    Case("backslashes", r'<a href="https:\\site.example\a\1">x</a>'),
    Case("dots in the path", '<a href="https://site.example/b/../a/./1">x</a>'),
    Case("entities", '<a href="https&colon;//site.example&sol;a&#47;&#x31;">x</a>'),
    Case("spaces around it", f'<a href="  \n{ARTICLE}\t ">x</a>'),
    Case("line ends within it", '<a href="https://site\n.example/\r\na/\t1">x</a>'),
    Case("quotes: single", f"<a href='{ARTICLE}'>x</a>"),
    Case("quotes: none", f"<a href={ARTICLE}>x</a>"),
    Case("quotes: none, and a slash after it", f"<a href={ARTICLE} />x</a>"),
    Case("tags in capitals", f'<A HREF="{ARTICLE}" REL="NoFollow">x</A>', rel="NoFollow"),
    Case(
        "nofollow",
        f'<a rel="nofollow ugc noopener" href="{ARTICLE}">x</a>',
        rel="nofollow ugc noopener",
    ),
    Case("an empty rel", f'<a rel="" href="{ARTICLE}">x</a>'),
    Case(
        "the first of two",
        f'<a href="{ARTICLE}#1" rel="a">x</a><a href="{ARTICLE}#2">x</a>',
        href=f"{ARTICLE}#1",
        rel="a",
    ),
    Case("after a link to the site", f'<a href="https://site.example/">x</a>{LINK}'),
    Case("a second href is ignored", f'<a href="{ARTICLE}" href="/other">x</a>'),
    Case("a within a", f'<a href="/other"><b><a href="{ARTICLE}">x</b></a>'),
    Case("never closed", f'<a href="{ARTICLE}">x'),
    Case("within a table's rows", f"<table><tr>{LINK}<td></table>"),
    Case("within a select", f"<select>{LINK}</select>"),
    Case("within a form, a button and a heading", f"<form><button><h1>{LINK}"),
    Case("after a comment that ends early", f"<!-->{LINK}<!-- -->"),
    Case("after a comment", f"<!-- -- > <b> -->{LINK}"),
    Case("after a script", f"<script>'<!--'</script>{LINK}"),
    Case("after text that looks like CDATA", f"<![CDATA[>{LINK}]]>"),
    Case("after a template", f"<template><p></template>{LINK}"),
    Case("after an iframe", f"<iframe></iframe>{LINK}"),
    Case("in the head", f"<head>{LINK}</head>"),
    Case("after the end", f"<html><body></body></html>{LINK}"),
    Case("in HTML within SVG", f"<svg><foreignObject>{LINK}</foreignObject></svg>"),
    Case("in a data block's neighbor", f'<script type="application/json">{{}}</script>{LINK}'),
    Case("hidden by style", f'<div style="display:none">{LINK}</div>'),
    Case("400 elements deep", "<div>" * 400 + LINK),
    Case("10,000 elements deep", "<div>" * 10_000 + LINK),
    Case("NULs", f"\0<b\0>{LINK}"),
    Case("in the beginning, of which more was not read", f"{LINK}<p>x", is_cut_off=True),
    Case("no Content-Type", LINK, content_type=None),
    Case("an empty Content-Type", LINK, content_type=""),
    Case("Content-Type in capitals", LINK, content_type="Text/HTML; Charset=UTF-8"),
    # base
    Case("base: the site", '<base href="https://site.example/"><a href="a/1">x</a>'),
    Case("base: after the link", '<a href="a/1">x</a><base href="https://site.example/">'),
    Case(
        "base: the first counts",
        '<base href="//site.example"><base href="/other/"><a href="/a/1">x</a>',
    ),
    Case(
        "base: one without href is none",
        '<base target="_top"><base href="https://site.example/"><a href="a/1">x</a>',
    ),
    Case(
        "base: relative",
        '<base href="../../a/"><a href="1">x</a>',
        url="https://site.example/b/c/d",
    ),
    Case("base: the article, and an empty href", f'<base href="{ARTICLE}"><a href="">x</a>'),
    Case(
        "base: data: is ignored",
        '<base href="data:text/plain,x"><a href="/a/1">x</a>',
        url="https://site.example/b",
    ),
    Case(
        "base: javascript: is ignored",
        '<base href="javascript:1"><a href="/a/1">x</a>',
        url="https://site.example/b",
    ),
    Case(
        "base: not a URL",
        '<base href="https://[">' + '<a href="/a/1">x</a>',
        url="https://site.example/b",
    ),
    Case(
        "base: of SVG is none",
        '<svg><base href="/x/"></base></svg><a href="a/1">x</a>',
        url="https://site.example/",
    ),
    Case(
        "base: of a template is none",
        '<template><base href="/x/"></template><a href="a/1">x</a>',
        url="https://site.example/",
    ),
    Case(
        "relative, from another page of the site",
        '<a href="/a/1">x</a>',
        url="https://site.example/b",
    ),
    # character sets
    Case("UTF-16 with a byte order mark", UTF_16.encode("utf-16")),
    Case("UTF-16, big-endian", b"\xfe\xff" + UTF_16.encode("utf-16-be")),
    Case(
        "UTF-16, by its header", UTF_16.encode("utf-16-le"), content_type="text/html;charset=utf-16"
    ),
    Case(
        "UTF-16 with a mark, in spite of its header",
        UTF_16.encode("utf-16"),
        content_type="text/html; charset=utf-8",
    ),
    Case("UTF-8 with a byte order mark", "\ufeff" + LINK),
    Case("UTF-16 in meta means UTF-8", f'<meta charset="utf-16">é{LINK}'),
    Case("windows-1252", f'<meta charset="iso-8859-1">\x80é{LINK}'.encode("latin-1")),
    Case("Shift_JIS", f'<meta charset="Shift_JIS">表示{LINK}'.encode("shift_jis")),
    Case("ISO-2022-JP", f'<meta charset="iso-2022-jp">日本{LINK}'.encode("iso2022_jp")),
    Case(
        "GB18030 in http-equiv",
        f'<meta http-equiv=Content-Type content="text/html; charset=gb18030">表{LINK}'.encode(
            "gb18030"
        ),
    ),
    Case(
        "EUC-KR by its header",
        f"한국{LINK}".encode("euc_kr"),
        content_type='text/html; charset="euc-kr"',
    ),
    Case("x-user-defined", b'<meta charset="x-user-defined">\xff' + LINK.encode()),
    Case("an unknown character set", LINK, content_type="text/html; charset=klingon"),
    Case("utf-7 is unknown", LINK, content_type="text/html; charset=utf-7"),
    Case(
        "bytes that are no characters",
        b"\xff\xfe\xfd" + LINK.encode(),
        content_type="text/html; charset=utf-8",
        codes=("no-link",),
        href=None,
    ),
    Case(
        "not UTF-8 in spite of its header",
        b"\xfd\xff" + LINK.encode(),
        content_type="text/html; charset=utf-8",
    ),
    # XHTML
    Case(
        "XHTML",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><script src="x"/><body>{LINK}</body></html>',
        content_type="application/xhtml+xml",
    ),
    Case(
        "XHTML with a prefix and CDATA",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><![CDATA[<!--]]>{LINK}</html>',
        content_type="application/xhtml+xml; charset=utf-8",
    ),
    Case("XHTML that is not well-formed", f"<p><br>{LINK}", content_type="application/xhtml+xml"),
]

MISSING = [
    missing("nothing", ""),
    missing("no links", "<p>Nothing here."),
    missing("links elsewhere", '<a href="https://other.example/a/1">x</a>'),
    missing("the URL as text", f"<p>{ARTICLE}</p>"),
    missing("a without href", f'<a name="{ARTICLE}">x</a>'),
    missing("a with an empty href", '<a href="">x</a>'),
    missing("javascript:", f"<a href=\"javascript:location='{ARTICLE}'\">x</a>"),
    missing("mailto:", '<a href="mailto:site.example/a/1">x</a>'),
    missing("ftp:", '<a href="ftp://site.example/a/1">x</a>'),
    missing("data:", f"<a href='data:text/html,{LINK}'>x</a>"),
    missing("not a URL", '<a href="https://site.example:x/a/1">x</a>'),
    missing("a URL within another's query", f'<a href="https://r.example/?to={ARTICLE}">x</a>'),
    missing("a URL within another's path", f'<a href="https://archive.example/{ARTICLE}">x</a>'),
    missing("a host that ends alike", '<a href="https://notsite.example/a/1">x</a>'),
    missing("a host that begins alike", '<a href="https://site.example.org/a/1">x</a>'),
    missing("the site's host as a user", '<a href="https://site.example@evil.example/a/1">x</a>'),
    missing("a subdomain", '<a href="https://evil.site.example/a/1">x</a>'),
    missing("another port", '<a href="https://site.example:8443/a/1">x</a>'),
    missing("the second href", f'<a href="/other" href="{ARTICLE}">x</a>'),
    missing("an href of 5,000 characters", f'<a href="{ARTICLE}?utm_source={"x" * 5000}">x</a>'),
    missing(
        "a base of 5,000 characters",
        f'<base href="https://site.example/{"x" * 5000}"><a href="/a/1">x</a>',
    ),
    # near misses
    missing(
        "the site",
        '<a href="https://site.example/">x</a>',
        "near-miss",
        href="https://site.example/",
    ),
    missing(
        "the site, without its path",
        '<a href="//site.example">x</a>',
        "near-miss",
        href="https://site.example/",
    ),
    missing(
        "another host of the site",
        '<a href="https://www.news.example/about">x</a>',
        "near-miss",
        href="https://www.news.example/about",
    ),
    missing(
        "another article",
        '<a href="https://site.example/a/12">x</a>',
        "other-article",
        href="https://site.example/a/12",
    ),
    missing(
        "another article on this API",
        '<a href="https://api.example/a/12">x</a>',
        "other-article",
        href="https://api.example/a/12",
    ),
    missing(
        "the site and another article",
        '<a href="//site.example/"></a><a href="//site.example/a/2"></a>',
        "other-article",
        "near-miss",
        href="https://site.example/a/2",
    ),
    missing(
        "the article's path in capitals",
        '<a href="https://site.example/A/1">x</a>',
        "near-miss",
        href="https://site.example/A/1",
    ),
    missing(
        "more path",
        '<a href="https://site.example/a/1/comments">x</a>',
        "near-miss",
        href="https://site.example/a/1/comments",
    ),
    missing(
        "a query",
        '<a href="https://site.example/a/1?page=2">x</a>',
        "near-miss",
        href="https://site.example/a/1?page=2",
    ),
    missing(
        "a leading zero",
        '<a href="https://site.example/a/01">x</a>',
        "other-article",
        href="https://site.example/a/01",
    ),
    missing(
        "a long URL",
        f'<a href="https://site.example/{"x" * 1000}">x</a>',
        "near-miss",
        href=f"https://site.example/{'x' * 1000}"[:512],
    ),
    # what is not looked into
    missing("in a comment", f"<!-- {LINK} -->"),
    missing("in a comment that never ends", f"<!-- {LINK}"),
    missing("in a comment with dashes", f"<!-- -- > {LINK} --!>"),
    missing("in a bogus comment", f"<!a href='{ARTICLE}'><?a href='{ARTICLE}'>"),
    missing("in a script", f"<script>document.write('{LINK}')</script>"),
    missing("in a script that never ends", f"<script>{LINK}"),
    missing("in an escaped script", f"<script><!--<script></script>{LINK}--></script>"),
    missing("in a style", f"<style>{LINK}</style>"),
    missing("in a template", f"<template>{LINK}</template>"),
    missing("in templates", f"<template><div><template></template>{LINK}</div></template>"),
    missing(
        "in a declared shadow root", f"<div><template shadowrootmode=open>{LINK}</template></div>"
    ),
    missing("in noscript", f"<noscript>{LINK}</noscript>"),
    missing("in the head's noscript", f"<head><noscript>{LINK}</noscript></head>"),
    missing("in a textarea", f"<textarea>{LINK}</textarea>"),
    missing("in the title", f"<title>{LINK}</title>"),
    missing("in an iframe", f"<iframe>{LINK}</iframe>"),
    missing("in an iframe's srcdoc", f"<iframe srcdoc='{LINK}'></iframe>"),
    missing("as an iframe", f'<iframe src="{ARTICLE}"></iframe>'),
    missing("in xmp", f"<xmp>{LINK}</xmp>"),
    missing("in noembed", f"<noembed>{LINK}</noembed>"),
    missing("in noframes", f"<noframes>{LINK}</noframes>"),
    missing("after plaintext", f"<plaintext></plaintext>{LINK}"),
    missing("in CDATA of SVG", f"<svg><![CDATA[{LINK}]]></svg>"),
    missing("after a frameset", f"<frameset><frame></frameset>{LINK}"),
    missing("escaped", LINK.replace("<", "&lt;")),
    missing("in an attribute", f"<p title='{LINK}'>x</p>"),
    missing("in a tag that never ends", f'<a title="{LINK} x'),
    *(
        missing(
            f"in {element} of XHTML",
            f"<html xmlns='http://www.w3.org/1999/xhtml'><{element}>{LINK}</{element}></html>",
            content_type="application/xhtml+xml",
        )
        for element in ("template", "noscript", "textarea", "title", "iframe", "script", "style")
    ),
    missing(
        "in capitals, which XHTML does not know",
        f'<html xmlns="http://www.w3.org/1999/xhtml"><A href="{ARTICLE}">x</A></html>',
        content_type="application/xhtml+xml",
    ),
    # mentions
    missing("link", f'<link rel="related" href="{ARTICLE}">', "mention-only", href=ARTICLE),
    missing("img", f'<img src="{ARTICLE}">', "mention-only", href=ARTICLE),
    missing("video", f'<video src="{ARTICLE}"></video>', "mention-only", href=ARTICLE),
    missing("audio", f'<audio><source src="{ARTICLE}"></audio>', "mention-only", href=ARTICLE),
    missing(
        "a of SVG",
        f'<svg><a href="{ARTICLE}"><text>x</text></a></svg>',
        "mention-only",
        href=ARTICLE,
    ),
    missing(
        "a of SVG with XLink",
        f'<svg><a xlink:href="{ARTICLE}"/></svg>',
        "mention-only",
        href=ARTICLE,
    ),
    missing("a of MathML", f'<math><a href="{ARTICLE}"/></math>', "mention-only", href=ARTICLE),
    missing("link to the site", '<link rel="preconnect" href="https://site.example/">'),
    # refresh
    missing("refresh", f'<meta http-equiv="refresh" content="0; url={ARTICLE}">', "meta-refresh"),
    missing(
        "refresh to elsewhere, with a near miss",
        '<meta http-equiv="Refresh" content="0;URL=/x"><a href="//site.example/">x</a>',
        "near-miss",
        "meta-refresh",
        href="https://site.example/",
    ),
    *(
        missing(f"refresh to {each}", f'<meta http-equiv="refresh" content="{each}">')
        for each in BROKEN_REFRESHES
    ),
    missing("refresh of the page itself", '<meta http-equiv="refresh" content="60">'),
    missing(
        "refresh in noscript",
        f'<noscript><meta http-equiv="refresh" content="0; url={ARTICLE}"></noscript>',
    ),
    # cut off
    missing("only the beginning was read", "<p>x" * 1000, "cut-off", is_cut_off=True),
    missing(
        "a near miss in the beginning",
        '<a href="//site.example/b">x</a>',
        "near-miss",
        "cut-off",
        href="https://site.example/b",
        is_cut_off=True,
    ),
    missing(
        "the beginning ends within the link", f'<a href="{ARTICLE}', "cut-off", is_cut_off=True
    ),
    # no HTML
    missing("text", LINK, "not-html", content_type="text/plain"),
    missing("JSON", f'"{ARTICLE}"', "not-html", content_type="application/json"),
    missing("PDF", b"%PDF-1.7", "not-html", content_type="application/pdf"),
    missing("XML", LINK, "not-html", content_type="text/xml"),
    missing("the last of two types", LINK, "not-html", content_type="text/html, image/png"),
    missing("a type that begins alike", LINK, "not-html", content_type="text/html5"),
    # character sets
    missing("UTF-16 without a mark", UTF_16.encode("utf-16-le")),
    missing("a replaced character set", LINK, content_type="text/html; charset=iso-2022-kr"),
    missing("UTF-7", f"<meta charset=utf-7>+ADw-a href=+ACI-{ARTICLE}+ACIAPg-"),
    # the article itself
    missing("the article", '<a href="#top">x</a>', "own-page", url=ARTICLE),
    missing(
        "the article on this API", LINK, "own-page", url="https://api.example/a/1?utm_source=x"
    ),
]

CASES = SEEN + MISSING
