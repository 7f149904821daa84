"""Submitting a link: parsing.py checks the body, submitting.py decides, rate_limit.py counts."""
