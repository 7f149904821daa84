"""Whether submitted pages link back: finding.py says what counts, html_links.py reads a document,
walls.py knows the pages that stand in front of others, and sandbox.py has all of this done in a
process of its own (child.py)."""
