"""Rails: the ways in which a payout's money travels, each as a file of its own form.

lines    a line as it is paid, and the file that comes of many
people   csv: names and decimals, for whoever pays by hand
paypal   the mass-payment file and the body of the Payouts API
sepa     pain.001 for a bank
rails    all of them: which can carry a payment, and the file of one

A file is a pure function of the payout and its lines: the same payout gives the same bytes.
"""
