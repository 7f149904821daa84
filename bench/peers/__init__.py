"""Minimal Lambda functions that answer a page view with boto3, as such functions are usually made.

They run in an environment of their own (requirements/bench.txt) and make the same five calls.
"""
