"""What a stream looks like: numbers in words, sparklines, charts, maps of shards. Pure.

numbers     figures as people read them, and the scale that a row of them shares
sparkline   a series as a line of blocks, and how it is made to fit
axes        round ticks for figures and for times
chart       a series as an SVG picture
shard_map   shards as lines of text
shard_svg   shards as an SVG picture
"""
