"""Alarms: metrics are looked at every minute, states change, actions are taken.

The rules are pure: `definitions` and `members` (what may be configured), `evaluation` (which state
follows from datapoints), `reasons` (AWS's words for it), `changes` (what follows from a new state),
`messages` (what an action sends), `rules` and `composites` (alarms on alarms), `answers` (what
operations show). `operations`, `descriptions` and `tagging` are AWS's operations, `book` is where
alarms change, `evaluator` looks at them, and `courier` takes their actions.
"""
