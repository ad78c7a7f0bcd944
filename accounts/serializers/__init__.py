"""What accounts look like on the wire: requests, answers, and how rows become answers."""
