"""CloudWatch: so far, metrics that clients put here are kept."""
