"""GraphQL over the articles, Hasura-style (docs/graphql.md).

Top-down: transport.py (HTTP), answering.py (from a query to its data), documents.py (parsing,
limits, validation), planning.py (from arguments to selections), schema.py (the types). Only
functions/graphql has graphql-core; nothing else may import from here.
"""
