"""What reads the log: the published log, the numbers of the public page, and the look-out for
misuse. Nothing here is asked before a call, and nothing here can hold one up."""
