"""Rules that change a request or hold back a part of the answer, one small file each."""
