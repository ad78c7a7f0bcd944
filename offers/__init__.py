"""Offers: a negotiation by turns, the order that comes of it, and how it is settled."""
