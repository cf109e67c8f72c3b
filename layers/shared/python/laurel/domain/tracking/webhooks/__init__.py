"""What shops report of themselves: signed bodies in their own words, told as events in ours. Pure; no float anywhere.

signatures    whether a body comes from who has the secret
wire          bodies as they arrive: exact numbers, ids as text, unknown fields passed over
shopify woocommerce stripe    topic + body -> events
events        what a delivery can say
payments      Stripe's refunds, which name a payment and not an order
"""
