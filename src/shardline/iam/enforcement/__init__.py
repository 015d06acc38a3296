"""The policies put to work: every call of every API is decided over before it is made.

enforcer          the gateway's `Authorizer`: which checks, over which policies, and the refusal
resource_policies the policies of streams and consumers, compiled and kept; what may be put
own_resources     what IAM and STS tell of users, roles and policies
session_limits    what AWS lets temporary credentials do at most, whatever policies say
"""
