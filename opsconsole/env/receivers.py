"""The settings of what the console sends to the outside: addresses, first targets, audit heads, mail (pure)."""

from __future__ import annotations

from opsconsole.env.outgoing import (
    mail_address,
    mail_addresses,
    mail_server,
    receiver_url,
    slack_channel,
    slack_token,
    webhook_url,
)
from opsconsole.env.parsers import as_networks, ca_file, token, url_of
from opsconsole.env.var import Var

RECEIVER_VARS: tuple[Var, ...] = (
    Var(
        "OPSCONSOLE_OUTBOUND_ALLOW",
        "",
        as_networks,
        "Addresses or networks (10.0.0.0/8), comma-separated, that receivers of messages may have beside public ones; "
        "only there may they be http://. The address of a cloud's metadata must be named alone.",
    ),
    Var(
        "OPSCONSOLE_OUTBOUND_CA_FILE",
        None,
        ca_file,
        "File of certificates (PEM) that are trusted beside the system's when messages are sent, e.g. a company's own.",
    ),
    Var(
        "OPSCONSOLE_SLACK_WEBHOOK_URL",
        None,
        receiver_url,
        "Slack's incoming webhook that gets critical and high alerts, from the next start on (docs/channels/slack.md).",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_SLACK_BOT_TOKEN",
        None,
        slack_token,
        "The same by a bot, which threads the messages of an alert; with OPSCONSOLE_SLACK_CHANNEL.",
        secret=True,
    ),
    Var("OPSCONSOLE_SLACK_CHANNEL", None, slack_channel, "Where that bot posts, e.g. #alerts."),
    Var(
        "OPSCONSOLE_WEBHOOK_URL",
        None,
        receiver_url,
        "A webhook that gets critical and high alerts as JSON, from the next start on (docs/channels/webhook.md).",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_WEBHOOK_SECRET",
        None,
        token,
        "Signs those requests (HMAC-SHA256); at least 20 printable ASCII characters.",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_SLACK_URL",
        "https://slack.com",
        url_of("http", "https"),
        "Base address of Slack's Web API, for tests and for workspaces of their own (https://slack-gov.com).",
    ),
    Var(
        "OPSCONSOLE_DEADMAN_URL",
        None,
        receiver_url,
        "A URL of a service that tells people when pings stop, e.g. of healthchecks.io: the console requests it each "
        "minute while it is well (docs/operations.md).",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_AUDIT_WEBHOOK",
        None,
        webhook_url,
        "Where the head of the sign-offs' chain is posted each day as JSON (https; http to private addresses only).",
        secret=True,
    ),
    Var("OPSCONSOLE_AUDIT_EMAIL", "", mail_addresses, "Addresses that get the same by e-mail, comma-separated."),
    Var(
        "OPSCONSOLE_SMTP_URL",
        None,
        mail_server,
        "Mail server: smtp://host, submission://user:password@host (STARTTLS) or smtps://user:password@host.",
        secret=True,
    ),
    Var("OPSCONSOLE_EMAIL_FROM", "opsconsole@localhost", mail_address, "Sender of the console's e-mails."),
)
