"""Closing a round and agreeing on the register: a pure core that is driven with statements and time."""
