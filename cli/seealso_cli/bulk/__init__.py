"""Loading and exporting whole tables: files, their rows, and writes that wait for a busy store."""
