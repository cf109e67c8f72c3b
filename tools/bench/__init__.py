"""The cost of operations, measured: capacity units, round trips, evaluations a second, imports. `make bench`.

sizes        bytes of an item by DynamoDB's rules
capacity     units of one read or write, from the items before and after
meter        hooks on botocore's events that add the units up
samples      a program of a common size, in memory only
world        the same stored, in a table of its own on the local engine
history      a member's earlier sales
gateway      requests to the handlers, and the cost of answering them
ingest       units per report of an order
transitions  units per account transition
clicks       units per click: followed or reported, counted in its row, folded
background   units of the work around them
edits        units per edit of an enrollment, and of reading the history
growth       units over a member's history, the number of rules and the longest period
reports      units of pages and summaries over long histories, and of files at their limit
pages        trips, units, bytes and milliseconds of pages in a browser, over long histories
speed        conversions a second through the pure transition
imports      the cold start of a function beyond boto3's
report       tables for people, JSON for machines
"""
