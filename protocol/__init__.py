"""What was said, by whom, provably: events, keys, chains, frontiers, the register. Pure: bytes in, values out."""
