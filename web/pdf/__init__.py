"""Agendas as PDF: what is printed as a tree of blocks, fonts that cover it, and the typesetter in its own process."""
