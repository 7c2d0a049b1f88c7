"""Handlers: each takes what was asked, asks the node, and returns a model. None knows of HTTP."""
