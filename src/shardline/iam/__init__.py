"""Who someone is (`sts`), and who may do what: IAM's policy language and its evaluation.

The latter is pure, without I/O and without a clock:

    policies.parse      a document of one kind becomes a `Policy`, or is refused with the place
    actions.checks_of   an API call becomes the checks that AWS makes for it: action and resource
    context             what conditions may ask about: the caller, the connection, the time, tags
    evaluation          the decision over all policies that apply, with its reasons
    denials             AWS's sentence for a call that is not allowed

The source of the rules is AWS's IAM User Guide (the pages "Policy evaluation logic", "IAM JSON
policy element reference" and its "Condition operators", "Variables and tags"); where a page does
not say, or AWS is known to do otherwise, the docstring at the rule says what was decided.
"""
