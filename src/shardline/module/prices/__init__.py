"""What a stream costs on AWS: list prices of a date, and an estimate."""

from shardline.module.prices.estimate import Estimate, Line, Load, monthly
from shardline.module.prices.rates import AS_OF

__all__ = ["AS_OF", "Estimate", "Line", "Load", "monthly"]
