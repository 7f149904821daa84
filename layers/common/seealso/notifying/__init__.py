"""Notices: what is new in the queue goes to the stack's webhook.

messages.py says what is sent and how it is signed, running.py when, and what follows from the
answer.
"""
