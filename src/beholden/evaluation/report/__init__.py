"""The report: one HTML file that needs nothing else, and the JSON it was made from."""
