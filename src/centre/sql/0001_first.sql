-- Everything the centre keeps. A box writes only rows of its own `box_id`.

CREATE TABLE box (
    box_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL,
    name text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    UNIQUE (area, name)
);

-- The number up to which all are settled, from 1 on without a hole.
CREATE FUNCTION mark_of(settled int8multirange) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce((SELECT upper(r) - 1 FROM unnest($1) r WHERE lower(r) <= 1 LIMIT 1), 0) $$;

-- What is known of the numbers of one stream of a box.
CREATE TABLE stream (
    box_id int NOT NULL REFERENCES box,
    stream text NOT NULL,
    -- Stored here, or declared as not to come.
    settled int8multirange NOT NULL DEFAULT '{}',
    mark bigint GENERATED ALWAYS AS (mark_of(settled)) STORED,
    highest bigint GENERATED ALWAYS AS (coalesce(upper(settled) - 1, 0)) STORED,
    -- As far as the box says it has counted.
    last_given bigint NOT NULL DEFAULT 0,
    -- Since when the first hole has been the first.
    hole_since timestamptz NOT NULL DEFAULT now(),
    requested_at timestamptz,
    PRIMARY KEY (box_id, stream)
);
CREATE INDEX stream_with_holes ON stream (hole_since) WHERE mark < greatest(last_given, highest);

-- Each numbered message as it came, but for counts.
CREATE TABLE message (
    box_id int NOT NULL REFERENCES box,
    stream text NOT NULL,
    n bigint NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    signed boolean NOT NULL,
    sha256 bytea NOT NULL,
    body bytea NOT NULL,
    event_time timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    worker text NOT NULL,
    PRIMARY KEY (box_id, stream, n)
);
CREATE INDEX message_by_event ON message (box_id, event_id);

-- Counts of a camera and a minute: by far the most messages, and only what is in them.
CREATE TABLE count (
    box_id int NOT NULL REFERENCES box,
    stream text NOT NULL,
    n bigint NOT NULL,
    camera text NOT NULL,
    minute timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (box_id, stream, n)
);
CREATE INDEX count_by_minute ON count USING brin (minute);

-- The highest revision of each alert.
CREATE TABLE alert (
    box_id int NOT NULL REFERENCES box,
    alert_id text NOT NULL,
    rev bigint NOT NULL,
    phase text NOT NULL,
    level text NOT NULL,
    severity smallint NOT NULL,
    kind text NOT NULL,
    mode text NOT NULL,
    grid text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    accepted_at timestamptz,
    closed_at timestamptz,
    event_time timestamptz NOT NULL,
    first_stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body jsonb NOT NULL,
    PRIMARY KEY (box_id, alert_id)
);
CREATE INDEX alert_by_grid ON alert (grid text_pattern_ops, started_at);
CREATE INDEX alert_unsettled ON alert (severity DESC, started_at) WHERE closed_at IS NULL AND phase <> 'retract';

-- Numbers that will not come, and who said so.
CREATE TABLE missing (
    box_id int NOT NULL REFERENCES box,
    stream text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (box_id, stream, first, last)
);

-- Pictures: to be shown where an alert or an answer announced them and the file is here.
CREATE TABLE picture (
    box_id int NOT NULL REFERENCES box,
    alert_id text NOT NULL,
    n int NOT NULL,
    is_original boolean NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL DEFAULT 0,
    is_announced boolean NOT NULL,
    is_stored boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (box_id, alert_id, n, is_original, sha256)
);
CREATE INDEX picture_unannounced ON picture (box_id, at) WHERE NOT is_announced;

-- The latest word of a box on each topic: state, health, cameras, sensors.
CREATE TABLE latest (
    box_id int NOT NULL REFERENCES box,
    topic text NOT NULL,
    -- Of `up/state`; else empty.
    session text NOT NULL,
    word text NOT NULL,
    event_time timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body bytea NOT NULL,
    PRIMARY KEY (box_id, topic)
);

-- Messages whose signature is not here yet, and signatures whose message is not: over MQTT 3.1.1 they are two messages.
CREATE TABLE waiting (
    box_id int NOT NULL REFERENCES box,
    sha256 bytea NOT NULL,
    topic text NOT NULL,
    body bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (box_id, sha256)
);
CREATE INDEX waiting_since ON waiting (at);
CREATE TABLE signature (
    box_id int NOT NULL REFERENCES box,
    sha256 bytea NOT NULL,
    jws text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (box_id, sha256, jws)
);
CREATE INDEX signature_since ON signature (at);

-- What was not believed: how much of it, and the first of each hour as they came.
CREATE TABLE refusal (
    area text NOT NULL,
    name text NOT NULL,
    why text NOT NULL,
    hour timestamptz NOT NULL,
    times bigint NOT NULL,
    PRIMARY KEY (area, name, why, hour)
);
CREATE TABLE refused (
    refused_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL,
    name text NOT NULL,
    why text NOT NULL,
    topic text NOT NULL,
    sha256 bytea NOT NULL,
    body bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refused_by_box ON refused (area, name, at);
