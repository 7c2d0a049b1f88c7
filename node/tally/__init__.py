"""Trying rules on files: what researchers' formats hold as a case that any rule can count, and the outcome in words."""
