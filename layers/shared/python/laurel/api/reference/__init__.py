"""The OpenAPI document for people: one HTML page that loads nothing from elsewhere.

reading   operations and references of the document
samples   a value that fits a schema
fields    schemas as tables of their fields
commands  requests as commands for a shell
events    what is sent to endpoints
texts     sentences as HTML
page      the page; `page.css` and `page.js` are in it
"""

from laurel.api.reference.page import at, page, security_headers
from laurel.api.reference.reading import operations, routed
from laurel.api.reference.samples import example

__all__ = ["at", "example", "operations", "page", "routed", "security_headers"]
