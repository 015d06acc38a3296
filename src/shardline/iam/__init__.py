"""Who may do what: so far, who someone is (STS)."""
