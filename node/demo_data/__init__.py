"""Content of the demonstration: proposals, members, votes and the federation, as JSON beside this file."""
