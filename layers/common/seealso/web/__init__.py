"""The pages that people see: HTML, feeds, sitemaps, and what sites embed."""
