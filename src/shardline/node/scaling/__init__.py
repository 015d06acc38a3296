"""The stream module's scaler at work inside of a node, for the streams whose tag asks for it.

scaler   looks at each of them every minute, decides, and changes the number of shards
load     what it decides by, from the node's own metrics
alarms   makes the alarms of utilisation follow the number of shards

The engine that decides is the module's (`shardline.module.scaling`), the same that
`shardline autoscale` runs from outside. The number is changed by the operations of the API.
"""
