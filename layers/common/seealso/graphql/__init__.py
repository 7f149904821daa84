"""GraphQL over the articles, in Hasura's style (docs/graphql.md).

Read top-down: transport.py (HTTP), documents.py (which document), answering.py (from its plan to
the data), plans.py, input_types.py (variables), planning.py (from arguments to selections).

graphql-core is imported where a document is new, and where it has the last word: parsing.py
(limits, validation), compiling.py (from documents to plans), schema.py (the types), reference.py
(introspection, and what is wrong with variables). It is installed in functions/graphql only, so no
other function may import this package.
"""
