"""Pages for people: what the console and the portal are made of. Where a new page goes:

a page      a function in its section, `laurel/console/<section>.py` or `laurel/portal/<section>.py`, with
            `@pages.get("/members", "viewer")` (the least role that may; "member" in the portal, "public" for anybody)
            and its template beside, `templates/<section>/<page>.html`, which extends "layout.html"
a form      the template's fields by `ui.field(form, ...)`, and a function with `@pages.post(...)` that calls the same
            workflow as the API: `return visit.save(lambda: ..., done, again)`
a section   a line in the site, `laurel/console/site.py`, which names its modules, each with `pages = Pages()`;
            they are loaded when one of its pages is first asked for

site        routes, roles, cross-site requests; one event in, one answer out, one log line
visits      one request of a person: what a page asks of it, and how it answers
forms       what a form sends, as the JSON that the API would take; what a form shows
refusals    what the API refuses, in words that name only what a page has
uploads     bodies of forms, with and without files
answers     HTML, redirects and cookies, with a policy that lets nothing foreign in
sessions    the cookies, and the proof that a form is ours
words       money, numbers and days as the reader writes them; states in words
terms       what a payout option pays, as a sentence
payees      the ways to be paid, as forms name them
charts      lines and bars as SVG
rendering   the templates' environment; `templates/` has the layout and `ui.html`, the parts of all pages
assets      style and scripts, each under a name that never means anything else
"""
