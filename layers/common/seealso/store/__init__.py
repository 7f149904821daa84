"""The way to DynamoDB. It knows tables by name, and nothing of what is in them.

client.py sends calls and counts what they cost, protocol.py is what they look like on the wire,
values.py and calls.py are DynamoDB's JSON, batching.py lets readings wait together, tables.py has
the tables' names.
"""
