"""Webhooks: signed bodies in the shops' own words, translated to events in ours. Pure; no float anywhere.

signatures    proof that a body comes from a holder of the secret
wire          bodies as they arrive: exact numbers, ids as text, unknown fields passed over
shopify woocommerce stripe    topic + body -> events
events        the events that a delivery can have
payments      Stripe's refunds, which name a payment and not an order
"""
