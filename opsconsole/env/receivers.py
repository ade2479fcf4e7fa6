"""The settings of what the console sends to the outside: addresses, first targets, audit heads, mail (pure)."""

from __future__ import annotations

from opsconsole.env.outgoing import (
    base_url,
    mail_address,
    mail_addresses,
    mail_server,
    pagerduty_key,
    receiver_url,
    slack_channel,
    slack_token,
    webhook_url,
)
from opsconsole.env.parsers import as_networks, ca_file, time_of_day, token, zone
from opsconsole.env.var import Var

RECEIVER_VARS: tuple[Var, ...] = (
    Var(
        "OPSCONSOLE_OUTBOUND_ALLOW",
        "",
        as_networks,
        "Addresses or networks (10.0.0.0/8), comma-separated, that receivers of messages may have beside public ones, "
        "and targets of probes for which it is ticked; only there may they be http://. The address of a cloud's "
        "metadata must be named alone.",
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
        "OPSCONSOLE_PAGERDUTY_ROUTING_KEY",
        None,
        pagerduty_key,
        "Integration key of the PagerDuty service that critical and high alerts page, from the next start on "
        "(docs/channels/pagerduty.md).",
        secret=True,
    ),
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
        base_url,
        "Base address of Slack's Web API, for tests and for workspaces of their own (https://slack-gov.com).",
    ),
    Var(
        "OPSCONSOLE_PAGERDUTY_URL",
        "https://events.pagerduty.com",
        base_url,
        "Base address of PagerDuty's Events API, for tests and for accounts in the EU (https://events.eu.pagerduty.com).",
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
        "OPSCONSOLE_EMAIL_URL",
        None,
        mail_server,
        "Mail server of all e-mails: smtp://user:password@host (with STARTTLS), smtps://user:password@host (TLS), or "
        "smtp://host (in clear). In user and password @ : / % are written %40 %3A %2F %25.",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_EMAIL_FROM",
        "opsconsole@localhost",
        mail_address,
        "Sender of the console's e-mails, an address that the mail server accepts.",
    ),
    Var(
        "OPSCONSOLE_ALERT_EMAIL_TO",
        "",
        mail_addresses,
        "Addresses, comma-separated, that get critical and high alerts and the daily summary, from the next start on; "
        "needs OPSCONSOLE_EMAIL_URL (docs/channels/email.md).",
    ),
    Var(
        "OPSCONSOLE_SUMMARY_TIME",
        "09:00",
        time_of_day,
        "When the daily summary is sent, HH:MM on the clock of OPSCONSOLE_SUMMARY_ZONE.",
    ),
    Var("OPSCONSOLE_SUMMARY_ZONE", "America/New_York", zone, "The IANA time zone of that clock, e.g. Europe/Berlin."),
)
