"""The HTTP contract: a model of every body, every operation, and the OpenAPI document of both.

    python -m seealso.contract docs/openapi.json

A new route needs its models and one Operation, in the file of its subject. No function imports this
package, because pydantic is not in the layer. The functions build plain dictionaries, and the tests
check them against the models.
"""
