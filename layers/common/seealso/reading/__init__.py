"""What readers see: page.py is an article's page view, selections.py are GraphQL's lists."""
