"""IAM's policy language and its evaluation: pure, without I/O and without a clock.

    documents     `parse` makes of a text a `Policy`, or refuses it with the place
    grammar       the form of a document; identity_checks and principal_checks: what it may say
    patterns, variables, operators, conditions, principals
                  the parts of a statement, compiled
    context       what conditions may ask about: the caller, the connection, the time, tags
    evaluation    the decision over all policies that apply, with its reasons
    positions, context_keys
                  what a simulation tells of documents: where statements stand, what they ask about
    denials       AWS's sentence for a call that is not allowed

The source of the rules is AWS's IAM User Guide (the pages "Policy evaluation logic", "IAM JSON
policy element reference" and its "Condition operators", "Variables and tags"); where a page does
not say, or AWS is known to do otherwise, the docstring at the rule says what was decided.
"""
