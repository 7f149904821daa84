"""The HTTP contract: models of every body, one entry per operation, and the OpenAPI made of them.

    python -m seealso.contract docs/openapi.json

A new route is its models and one Operation, in the file of its subject. No function imports this
package: pydantic is not in the layer. The functions build plain dictionaries (pages.py,
problems.py), and the tests hold these up against the models.
"""
