"""Webhooks: signed bodies in the shops' own words, translated to events in ours. Pure; no float anywhere.

signatures    proof that a body comes from a holder of the secret
lenient       JSON that nothing in a field which is not read can refuse
wire          bodies as they arrive: exact numbers, ids as text, and only what is asked for
shopify woocommerce stripe    topic + body -> events
stripe_sales stripe_moves    what is read of Stripe's objects, by stripe_fields
shopify_refunds               a refund of Shopify, which has no total
events        the events that a delivery can have
payments payment_facts    Stripe's payments, which refunds and disputes name instead of the order; what is kept of them
"""
