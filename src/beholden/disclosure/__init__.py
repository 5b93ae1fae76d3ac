"""What a person, or their defence, is handed of one search: one file that verifies offline."""
