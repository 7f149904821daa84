"""Checking link-backs: fetching.py asks for a page, addresses.py says which machines it may ask."""
