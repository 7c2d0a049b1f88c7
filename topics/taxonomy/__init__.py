"""The Sustainable Development Goals and their targets: official texts and colours as package data."""
