"""The HTTP routes, one module a subject; each declares what it takes and answers.

Not here: pages (api.web), and any decision about evidence or mastery.
"""

from api.routes import evidence

ROUTERS = (evidence.router,)
