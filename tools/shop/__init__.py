"""A shop on this machine, with the habits of Shopify: pages and carts for people, an Admin API and webhooks for Laurel.

server.py    requests: pages, the cart's own API, the Admin API
carts.py     what is in a cart, and what it costs with a code
orders.py    an order as the shop's webhook tells it, signed
pages.py     HTML
"""
