"""What operations cost, measured: capacity units, round trips, evaluations a second, imports. `make bench`.

sizes       bytes of an item by DynamoDB's rules
capacity    units of one read or write, from the items before and after
meter       hooks on a boto3 client that add the units up
world       a program on the local engine, with a table and nobody else in it
scenarios   units per ingest, transition, mail and sweep
growth      the same over a member's history, the number of rules and the longest period
speed       conversions a second through the pure transition
imports     what a function's cold start adds to boto3's
report      one table per topic, targets beside figures
"""
