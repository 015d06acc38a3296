"""The operations of IAM's API: one file for each subject, one method for each operation.

What is the same for several of them (users, groups and roles have policies alike) is one method
that is told the kind of identity. A change is decided by a pure function over the account's
directory, which the book may call again if another process was first.
"""
