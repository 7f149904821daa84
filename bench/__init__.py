"""Measurements: `make bench` writes docs/benchmarks.md (`__main__.py` has its parts).

A part is a file with a heading, its text, its budgets or goals, and `report()`. What parts share:

- `goals.py`: rows of the table of goals; `plots.py`: SVG; `units.py`: write units as AWS charges.
- `networks.py`: articles to measure on; `one_page.py`: the data of a single page view.
- `fixed_store.py`: a store that answers after a fixed time; other parts use DynamoDB Local.
- `processes.py`: functions in processes of their own, and `peers/`, what they are compared with.
"""
