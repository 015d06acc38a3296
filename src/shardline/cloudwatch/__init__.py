"""CloudWatch: metrics are put, kept, read and computed with; dashboards are kept."""
