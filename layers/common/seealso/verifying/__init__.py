"""Whether submitted pages link back.

fetching.py asks for a page (addresses.py says which machines it may ask), finding.py says what
counts as a link, html_links.py reads a document, walls.py knows the pages that stand in front of
others, and sandbox.py has these done in a process of its own (child.py).
"""
