"""The pages that people see: HTML, feeds, sitemaps, and the widget for sites that render themselves."""
