"""Results for people: tables on a terminal, in Markdown and CSV, and a page for a browser."""
