"""Events and minute counts: partitioned by day, dropped by day. Django does not manage them; see telemetry.partitions."""

from django.db import migrations

CREATE_EVENT = """
CREATE SEQUENCE detections_event_id_seq;
CREATE TABLE detections_event (
    id bigint NOT NULL DEFAULT nextval('detections_event_id_seq'),
    event_id uuid NOT NULL,
    project_id bigint NOT NULL,
    project_environment_id bigint NOT NULL,
    issue_id bigint NOT NULL,
    series_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    clock_note varchar(20) NOT NULL,
    level varchar(10) NOT NULL,
    handled boolean,
    exception_type varchar(200) NOT NULL,
    message text NOT NULL,
    logger varchar(200) NOT NULL,
    transaction varchar(300) NOT NULL,
    url varchar(600) NOT NULL,
    release varchar(200) NOT NULL,
    trace_id varchar(32) NOT NULL,
    user_hash bigint,
    tags jsonb NOT NULL,
    body bytea,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
-- Bodies arrive compressed: another compression would only cost time.
ALTER TABLE detections_event ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER SEQUENCE detections_event_id_seq OWNED BY detections_event.id;
-- A scope's events of the last minutes (floors, signatures), the events of an issue, one event by its id.
CREATE INDEX detections_event_scope ON detections_event (project_environment_id, occurred_at);
CREATE INDEX detections_event_issue ON detections_event (issue_id, occurred_at);
CREATE INDEX detections_event_event_id ON detections_event (event_id);
"""

CREATE_MINUTE = """
CREATE SEQUENCE detections_minutecount_id_seq;
CREATE TABLE detections_minutecount (
    id bigint NOT NULL DEFAULT nextval('detections_minutecount_id_seq'),
    project_id bigint NOT NULL,
    series_id bigint NOT NULL,
    minute timestamptz NOT NULL,
    n integer NOT NULL,
    -- Time first and the count included: the last hour of all routes is one short index scan.
    PRIMARY KEY (project_id, minute, series_id) INCLUDE (n)
) PARTITION BY RANGE (minute);
ALTER SEQUENCE detections_minutecount_id_seq OWNED BY detections_minutecount.id;
-- One series over a long range: a route's chart, a baseline's hour.
CREATE INDEX detections_minutecount_series ON detections_minutecount (series_id, minute) INCLUDE (n);
"""


class Migration(migrations.Migration):
    dependencies = [("detections", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_EVENT, "DROP TABLE detections_event CASCADE"),
        migrations.RunSQL(CREATE_MINUTE, "DROP TABLE detections_minutecount CASCADE"),
    ]
