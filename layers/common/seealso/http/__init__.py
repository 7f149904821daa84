"""HTTP at the edge: handler.py turns a gateway event into a route's answer and a log line.

Nothing but functions/ and graphql/ imports from here, so that the rest can be answered in
JSON, GraphQL or HTML.
"""
