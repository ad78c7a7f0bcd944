"""Money: the ledger, credit on top of it, and what members may spend."""
