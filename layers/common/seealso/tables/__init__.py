"""What is in the tables: one file for a table, or for an index that is read on its own.

Plain functions that take the Store first. None stands for what does not exist; refusals are
exceptions of errors.py and links.py. Nothing here knows who asks, or HTTP.
"""
