"""A plausible year of a program, for `make run DEMO=year`: the same whenever it is asked for on one day.

plan       who joins when, who sells what, what comes back: reckoned, nothing is written
filling    the plan carried out: people and rules as of their days, orders as a shop reports them, payouts
"""
