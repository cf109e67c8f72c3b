"""The console, where a merchant's people work: one module and one folder of templates for each section.

overview    how the program does, and what needs a person       conversions   orders, and what each earns
offers      offers, who is in them, edits of many               rules         rewards: `rule_builder`, `rule_trials` ...
members     people, and everything about one                    payouts       drafts, files, statements
mail        what was sent; `mail_templates`                     shops         storefronts, deliveries, codes
settings    program, users, keys, endpoints                     doors         signing in and out
of offers   options: payout options; enrollments: members in an offer one by one; bulk_edits: many of them
of members  profiles: everything about one of them
beside      terms: terms of pay as a form; tables, history_files: lists as files
site        the console as a whole: its sections in their order

Sections of several modules: shops has shop_traffic, shop_codes and the platforms' guides; settings has users, api_keys
and endpoints. `sheets` has lists as CSV that the API has not.
"""
