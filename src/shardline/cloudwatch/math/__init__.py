"""Metric math: expressions over series of datapoints. Pure.

`parsing` reads an expression, `checking` finds what kind of value it gives (so that evaluating one
cannot fail), `evaluating` computes it with `operators` and `functions`.

Source: AWS's page "Using math expressions with CloudWatch metrics". Where that page is silent, what
is done here is written beside it, and in docs/cloudwatch.md.
"""
