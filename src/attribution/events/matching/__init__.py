"""Two lists of killings: names, pairs, and one list of both."""
