"""The HTTP routes, one module a subject; each declares what it takes and answers.

Not here: pages (api.web), and any decision about evidence or mastery.
"""

from api.routes import (
    changes,
    equivalences,
    evidence,
    explanations,
    frameworks,
    health,
    keeping,
    learners,
    operations,
    pathways,
    policies,
    providers,
    remarks,
    reports,
    trials,
    webhooks,
)

STREAMING = (evidence.router,)
"""They read the body themselves, within limits of their own."""

ROUTERS = (
    learners.router,
    explanations.router,
    keeping.router,
    changes.router,
    webhooks.router,
    providers.router,
    frameworks.router,
    equivalences.router,
    remarks.router,
    pathways.router,
    trials.router,
    policies.router,
    reports.router,
    health.router,
    operations.router,
)
