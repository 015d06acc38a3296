"""The stream module: a stream with everything around it, from ten lines of YAML.

It is a client of AWS's APIs like any other, and so works on AWS and on Shardline alike; it imports
nothing of the server.
"""
