"""What stream processors do with a camera's pictures: one file each."""
