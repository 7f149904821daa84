"""The editors' desk: /desk in the browser, for what the admin endpoint does; a file for a screen.

access.py says who may open a screen, sessions.py how the desk knows them, pages.py how a screen
is answered.
"""
