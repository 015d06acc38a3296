"""STS: who someone is, and temporary credentials.

api         the operations
assuming    AssumeRole: what a session may be, from what its caller asks
session_tags  the tags of a session, and those that it hands on
"""
