"""Loading and exporting whole tables: files, rows, and patient writing."""
