"""GraphQL over the articles, in Hasura's style (docs/graphql.md).

Read top-down: transport.py (HTTP), answering.py (from a query to its data), documents.py (parsing,
limits, validation), planning.py (from arguments to selections), schema.py (the types). graphql-core
is installed in functions/graphql only, so no other function may import this package.
"""
