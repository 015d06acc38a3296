"""`shardline doctor`: what is wrong with a stream, and what to do; on AWS and on Shardline alike.

    facts      what was read: immutable, and a reading that failed is a fact too
    gather/    reads the facts with boto3, in a bounded number of calls
    checks/    one pure file for each section of the runbook: facts to a section
    findings   what the checks answer: sections and findings, which are drawn elsewhere

Nothing of the server is imported: a stream is seen from outside, as its users see it.
"""
