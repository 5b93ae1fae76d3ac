"""Reading text: where lines are, which way up they are, what they say."""
