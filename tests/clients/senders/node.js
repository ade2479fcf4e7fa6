// An application with @sentry/node, of any major from 7 on: sends what the tests ask for and ends.
//   node node.js FOLDER DSN      FOLDER has the SDK in its node_modules
const { createRequire } = require("node:module");

const [folder, dsn] = process.argv.slice(2);
const Sentry = createRequire(folder + "/")("@sentry/node");

function connect(host) {
  throw new TypeError("no route to " + host);
}

function loadOrder(number) {
  try {
    connect("db-1");
  } catch (error) {
    throw new RangeError(`order ${number} is away`, { cause: error });
  }
}

function capture(error, fingerprint) {
  Sentry.withScope((scope) => {
    scope.setFingerprint(fingerprint);
    Sentry.captureException(error);
  });
}

function errors() {
  Sentry.startSpan({ name: "/orders/:id", op: "http.server" }, () => {
    Sentry.withScope((scope) => {
      scope.setTransactionName("/orders/:id");
      try {
        loadOrder(7);
      } catch (error) {
        Sentry.captureException(error);
      }
    });
  });
  capture(new Error("one"), ["checkout", "declined"]);
  capture(new SyntaxError("two"), ["checkout", "declined"]);
}

function extras() {
  Sentry.captureEvent({ message: "not wanted", logger: "dropped" });
  Sentry.captureCheckIn({ monitorSlug: "nightly", status: "ok" });
  Sentry.withScope((scope) => {
    scope.addAttachment({ filename: "orders.csv", data: "a,b\n1,2\n" });
    const id = Sentry.captureMessage("with an attachment");
    if (Sentry.captureFeedback) Sentry.captureFeedback({ message: "it fails", associatedEventId: id });
    else if (Sentry.captureUserFeedback) // before 8
      Sentry.captureUserFeedback({ event_id: id, name: "Ada", email: "ada@example.org", comments: "it fails" });
  });
  if (Sentry.startSession) {
    Sentry.startSession();
    Sentry.endSession();
  }
}

async function main() {
  Sentry.init({
    dsn,
    environment: "production",
    release: "shop@3.2.1",
    tracesSampleRate: 1.0,
    beforeSend: (event) => (event.logger === "dropped" ? null : event),
  });
  Sentry.setUser({ id: "42", email: "ada@example.org" });
  Sentry.setTag("component", "checkout");
  Sentry.setContext("cart", { items: 3 });
  Sentry.addBreadcrumb({ category: "query", message: "SELECT 1", level: "info" });
  Sentry.captureMessage("The export takes long", "warning");
  errors();
  extras();
  await Sentry.flush(20000);
  await Sentry.close(20000);
}

main();
