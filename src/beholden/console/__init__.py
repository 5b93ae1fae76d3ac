"""Web pages. The public ones show what is published, and have no way to anything else."""
