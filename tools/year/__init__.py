"""`make run DEMO=year`: a program with a year behind it, made by the product's own workflows, day by day, in memory.

plan        how large the year is, and how many orders each of its days has
people      names, and who sells how much
backstage   the machinery around the workflows: the stream, mails, jobs, the tick of each night
opening     the program as it began: shop, users, offers, templates, rules
crew        members: they apply, are let in, join offers, and some are suspended
trade       orders, visits, refunds, disputes, and decisions about orders
paydays     monthly payouts: drafted, confirmed, one line that came back; the last is still a draft
story       the days in their order
load        the items of the table in memory, copied into the engine's table
present     what a shop of now adds: codes that it has, deliveries that were refused

Amounts, names and days are the same in every run, counted back from today; ids are not.
"""
