"""GraphQL over the articles, Hasura-style (docs/graphql.md).

transport.py (HTTP), documents.py (parsing, limits, validation), planning.py (arguments to
selections), answering.py (all of it, to an answer), schema.py (the types). Only functions/graphql
has graphql-core; nothing else may import from here.
"""
