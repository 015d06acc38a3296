"""Who there is: users, groups, roles and policies, in memory, and the only way to change them.

directory     one account's identities as of one version: look-ups, and the compiled policies
book          the directories of all accounts; changes go through it, into the catalog
aws_policies  the managed policies that AWS has, for every account
last_used     when access keys and roles were used last
sessions      temporary credentials, sealed into their tokens
actors        a principal with the policies that limit it, made from a directory
keystore      the access keys that may sign, for the gateway
"""
