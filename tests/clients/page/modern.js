import * as Sentry from "@sentry/browser";

import "./app.js";

window.start(Sentry, { integrations: [Sentry.browserTracingIntegration()] });
