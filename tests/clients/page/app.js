// A page's script with @sentry/browser: what the tests ask for; the sentinel is set when all is sent. `Sentry` is the
// global of the SDK's bundle, or that which modern.js imports.
function connect(host) {
  throw new TypeError("no route to " + host);
}

function loadOrder(number) {
  try {
    connect("db-1");
  } catch (error) {
    const raised = new RangeError(`order ${number} is away`);
    raised.cause = error;
    throw raised;
  }
}

function capture(Sentry, error, fingerprint) {
  Sentry.withScope((scope) => {
    scope.setFingerprint(fingerprint);
    Sentry.captureException(error);
  });
}

function start(Sentry, more) {
  const dsn = new URLSearchParams(location.search).get("dsn");
  Sentry.init({ dsn, environment: "production", release: "shop@3.2.1", tracesSampleRate: 1.0, ...more });
  Sentry.setUser({ id: "42", email: "ada@example.org" });
  Sentry.setTag("component", "checkout");
  Sentry.setContext("cart", { items: 3 });
  Sentry.addBreadcrumb({ category: "query", message: "SELECT 1", level: "info" });
  Sentry.captureMessage("The export takes long", "warning");
  capture(Sentry, new Error("one"), ["checkout", "declined"]);
  capture(Sentry, new SyntaxError("two"), ["checkout", "declined"]);
  document.querySelector("button").addEventListener("click", () => loadOrder(7));
  window.finish = () => Sentry.flush(20000).then(() => Sentry.close(20000));
}

window.start = start;
