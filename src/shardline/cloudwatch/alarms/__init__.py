"""Alarms: metrics are looked at every minute, states change, actions are taken.

The rules are pure: `definitions` (what may be configured), `evaluation` (which state follows from
datapoints), `reasons` (AWS's words for it), `changes` (what follows from a new state), `messages`
(what an action sends), `rules` (composite alarms), `answers` (what operations show). `operations`
are AWS's operations, `evaluator` does the looking, and `courier` takes the actions.
"""
