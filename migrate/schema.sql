-- The schema of the platform, declared as it should be. ns-migrate brings a database to it; nothing here inserts or changes rows.
-- schema number: 12
--
-- Read by two differs, psqldef and migra: plain tables, plain indexes, checks as comparisons, functions and triggers; no DO, no DML.
-- Ids are 22 hex characters. Enumerations are numbers, those of the public API where it has them (core/model/app_enums.h).
-- Sealed columns hold XChaCha20-Poly1305 texts; beside them stands which key sealed them, and the version of the sealing.
-- Room is left for what later work fills: subjects, projects, processes, previews, domains, services, quotas.

-- ---- the installation itself ----

CREATE TABLE schema_info (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  number integer NOT NULL,
  applied_with text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- `epoch` is the number of this database's history; see architecture, fences.
CREATE TABLE installation (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch bigint NOT NULL DEFAULT 1 CHECK (epoch >= 1)
);

-- Of each key of the installation's key file a keyed hash of a constant: shows at the start whether the file is still the same one.
CREATE TABLE key_checks (
  name text PRIMARY KEY,
  value text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A session of a program with this database, and the number of the last transaction in which it wrote: written with each, so that
-- whoever lost the answer to a COMMIT can read what became of it.
CREATE TABLE store_sessions (
  id text PRIMARY KEY,
  transactions bigint NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now()
);

-- ---- who owns ----

-- A user (0) or a team (1). `name_key` is the name in lower case.
CREATE TABLE subjects (
  id text PRIMARY KEY,
  kind smallint NOT NULL DEFAULT 0,
  name text NOT NULL,
  name_key text NOT NULL,
  admin boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subjects_name_key UNIQUE (name_key)
);

CREATE TABLE memberships (
  team_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  role smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (team_id, user_id)
);

CREATE INDEX memberships_user ON memberships (user_id);

-- A limit of a subject: "applications", "memory_bytes", "cpu_millis", "builds", "storage_bytes".
CREATE TABLE quotas (
  subject_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  resource text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (subject_id, resource)
);

CREATE TABLE projects (
  id text PRIMARY KEY,
  name text NOT NULL,
  owner_id text NOT NULL REFERENCES subjects (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT projects_owner_name UNIQUE (owner_id, name)
);

-- Public keys that users log in with.
CREATE TABLE user_keys (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  name text NOT NULL,
  public_key text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_keys_public UNIQUE (public_key)
);

CREATE INDEX user_keys_user ON user_keys (user_id);

-- Key pairs made for the next registration of a repository.
CREATE TABLE generated_keys (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  public_line text NOT NULL,
  private_sealed bytea NOT NULL,
  seal_key text NOT NULL,
  seal_version smallint NOT NULL DEFAULT 1,
  expires timestamptz NOT NULL
);

CREATE INDEX generated_keys_expires ON generated_keys (expires);

-- A DNS name whose owner may use it. `verified_at` null: not yet proved.
CREATE TABLE domains (
  name text PRIMARY KEY,
  owner_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  challenge text NOT NULL DEFAULT '',
  verified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX domains_owner ON domains (owner_id);

-- Whom `ns admin add` made an admin. What one request claims (subjects.admin) is not it.
CREATE TABLE admin_grants (
  user_id text PRIMARY KEY REFERENCES subjects (id) ON DELETE CASCADE,
  granted_by text NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT now()
);

-- API tokens; of each text only its SHA-256. A revoked one is deleted, and with it those that were made with it. `scope`: read (1), deploy
-- (2), admin (3). `application_ids` counts where `limited`, and may name applications that are gone. `expires` null: never.
CREATE TABLE api_tokens (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  parent_id text REFERENCES api_tokens (id) ON DELETE CASCADE,
  name text NOT NULL,
  hash text NOT NULL,
  scope smallint NOT NULL,
  limited boolean NOT NULL DEFAULT false,
  application_ids text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  expires timestamptz,
  last_used_at timestamptz,
  CONSTRAINT api_tokens_hash UNIQUE (hash)
);

CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE INDEX api_tokens_parent ON api_tokens (parent_id);

-- ---- sources ----

-- `host_keys`: lines of the keys that the host of an SSH URL may show; none: none is pinned yet.
CREATE TABLE repositories (
  id text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL,
  auth_method smallint NOT NULL DEFAULT 0,
  username text NOT NULL DEFAULT '',
  password_sealed bytea,
  ssh_key_sealed bytea,
  host_keys text[] NOT NULL DEFAULT '{}',
  seal_key text NOT NULL DEFAULT '',
  seal_version smallint NOT NULL DEFAULT 1,
  project_id text REFERENCES projects (id),
  holder text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT repositories_url UNIQUE (url)
);

CREATE TABLE repository_owners (
  repository_id text NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  subject_id text NOT NULL REFERENCES subjects (id),
  ordinal integer NOT NULL,
  PRIMARY KEY (repository_id, subject_id)
);

CREATE INDEX repository_owners_subject ON repository_owners (subject_id);

-- Repositories that are pushed straight to the platform: in the data folder of which machine they lie, and where others fetch them from.
-- A row outlives its repository until the folder is gone, so that the name is not given to another one before.
CREATE TABLE received_repositories (
  name text PRIMARY KEY,
  repository_id text NOT NULL,
  host text NOT NULL,
  address text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX received_repositories_host ON received_repositories (host);

CREATE TABLE commits (
  hash text PRIMARY KEY,
  author text NOT NULL DEFAULT '',
  authored_at timestamptz,
  message text NOT NULL DEFAULT ''
);

-- ---- applications ----

-- `number` is the order of creation. `target_*` is what the platform has decided to run, changed by compare-and-set on the generation.
-- `removed` means that the backend has confirmed that nothing of a deleted application is left.
-- `holder` is the host whose loops act on it; it does so for as long as that host's lease is alive (`hosts`).
-- `version` is kept by triggers: it grows with every change that a decision of the loops could see, and with nothing else.
-- `origin` says where the settings came from (0: the API, 1: a file at `origin_commit`).
-- `parent_id`, `ref_pattern` and `expires` belong to previews.
CREATE TABLE applications (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  repository_id text NOT NULL REFERENCES repositories (id),
  project_id text REFERENCES projects (id),
  ref text NOT NULL,
  commit_hash text NOT NULL DEFAULT '',
  deploy_type smallint NOT NULL DEFAULT 0,
  build_method text NOT NULL DEFAULT '',
  build_settings text NOT NULL DEFAULT '{}',
  entrypoint text NOT NULL DEFAULT '',
  command text NOT NULL DEFAULT '',
  use_mariadb boolean NOT NULL DEFAULT false,
  use_mongodb boolean NOT NULL DEFAULT false,
  auto_shutdown boolean NOT NULL DEFAULT false,
  startup_behavior smallint NOT NULL DEFAULT 0,
  artifact_path text NOT NULL DEFAULT '',
  spa boolean NOT NULL DEFAULT false,
  backend text NOT NULL DEFAULT '',
  strategy smallint NOT NULL DEFAULT 0,
  platform text NOT NULL DEFAULT '',
  desired smallint NOT NULL DEFAULT 0,
  restart_nonce bigint NOT NULL DEFAULT 0,
  pinned_release text NOT NULL DEFAULT '',
  deleted boolean NOT NULL DEFAULT false,
  removed boolean NOT NULL DEFAULT false,
  holder text NOT NULL DEFAULT '',
  version bigint NOT NULL DEFAULT 1,
  target_generation bigint NOT NULL DEFAULT 0,
  target_state smallint NOT NULL DEFAULT 0,
  target_release text NOT NULL DEFAULT '',
  target_run_key text NOT NULL DEFAULT '',
  target_route_key text NOT NULL DEFAULT '',
  origin smallint NOT NULL DEFAULT 0,
  origin_commit text NOT NULL DEFAULT '',
  watched_tree text NOT NULL DEFAULT '',
  parent_id text REFERENCES applications (id) ON DELETE SET NULL,
  ref_pattern text NOT NULL DEFAULT '',
  expires timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT applications_generation_grows CHECK (target_generation >= 0),
  CONSTRAINT applications_removed_are_deleted CHECK (deleted OR NOT removed)
);

CREATE INDEX applications_repository ON applications (repository_id);
CREATE INDEX applications_parent ON applications (parent_id);
CREATE INDEX applications_holder ON applications (holder);

-- Applications of which nothing else is left. A builder that was away meanwhile may still push an
-- image of one, so the registry is looked at for a while.
CREATE TABLE purged_applications (
  id text PRIMARY KEY,
  purged_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE application_owners (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  subject_id text NOT NULL REFERENCES subjects (id),
  ordinal integer NOT NULL,
  PRIMARY KEY (application_id, subject_id)
);

CREATE INDEX application_owners_subject ON application_owners (subject_id);

-- Paths of the source that an application is made of; none: all of it.
CREATE TABLE watch_paths (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  path text NOT NULL,
  PRIMARY KEY (application_id, path)
);

-- What runs beside or instead of the main process: kind 0 web, 1 worker, 2 cron, 3 one-off.
CREATE TABLE processes (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  name text NOT NULL,
  kind smallint NOT NULL DEFAULT 0,
  entrypoint text NOT NULL DEFAULT '',
  command text NOT NULL DEFAULT '',
  schedule text NOT NULL DEFAULT '',
  replicas integer NOT NULL DEFAULT 1 CHECK (replicas >= 0),
  memory_bytes bigint NOT NULL DEFAULT 0 CHECK (memory_bytes >= 0),
  cpu_millis bigint NOT NULL DEFAULT 0 CHECK (cpu_millis >= 0),
  strategy smallint NOT NULL DEFAULT 0,
  probe_kind smallint NOT NULL DEFAULT 0,
  probe_port integer NOT NULL DEFAULT 0,
  probe_path text NOT NULL DEFAULT '/',
  probe_timeout_ms bigint NOT NULL DEFAULT 60000,
  stop_grace_ms bigint NOT NULL DEFAULT 10000,
  drain_limit_ms bigint NOT NULL DEFAULT 30000,
  PRIMARY KEY (application_id, name)
);

CREATE TABLE volumes (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  process text NOT NULL,
  name text NOT NULL,
  path text NOT NULL,
  size_bytes bigint NOT NULL DEFAULT 0,
  shared boolean NOT NULL DEFAULT false,
  PRIMARY KEY (application_id, process, name)
);

-- A command that runs at a point of a deploy: moment 0 before the switch, 1 after it.
CREATE TABLE hooks (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  moment smallint NOT NULL,
  ordinal integer NOT NULL,
  command text NOT NULL,
  timeout_ms bigint NOT NULL DEFAULT 60000,
  PRIMARY KEY (application_id, moment, ordinal)
);

-- `held` goes with the deletion of the application: the address is free for others while the tombstone stands.
CREATE TABLE websites (
  id text PRIMARY KEY,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  fqdn text NOT NULL,
  path_prefix text NOT NULL,
  strip_prefix boolean NOT NULL DEFAULT false,
  https boolean NOT NULL DEFAULT false,
  h2c boolean NOT NULL DEFAULT false,
  port integer NOT NULL,
  auth smallint NOT NULL DEFAULT 0,
  process text NOT NULL DEFAULT 'web',
  held boolean NOT NULL DEFAULT true
);

CREATE INDEX websites_application ON websites (application_id);
CREATE UNIQUE INDEX websites_address ON websites (fqdn, path_prefix, https) WHERE held;

CREATE TABLE port_publications (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  internet_port integer NOT NULL,
  application_port integer NOT NULL,
  protocol smallint NOT NULL DEFAULT 0,
  held boolean NOT NULL DEFAULT true,
  PRIMARY KEY (application_id, ordinal)
);

CREATE UNIQUE INDEX port_publications_port ON port_publications (protocol, internet_port) WHERE held;

-- `scope`: 0 run, 1 build, 2 both.
CREATE TABLE environment (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  name text NOT NULL,
  value_sealed bytea NOT NULL,
  seal_key text NOT NULL,
  seal_version smallint NOT NULL DEFAULT 1,
  scope smallint NOT NULL DEFAULT 0,
  secret boolean NOT NULL DEFAULT false,
  system boolean NOT NULL DEFAULT false,
  origin smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (application_id, name)
);

-- A database or other service made for an application; what it needs to know stands in its environment.
CREATE TABLE attached_services (
  id text PRIMARY KEY,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  kind text NOT NULL,
  name text NOT NULL,
  state smallint NOT NULL DEFAULT 0,
  credentials_sealed bytea,
  seal_key text NOT NULL DEFAULT '',
  seal_version smallint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT attached_services_name UNIQUE (application_id, kind, name)
);

-- ---- builds and what they make ----

-- `counts` is kept by a trigger: no second build with this key shall be made beside this one.
-- `image_state`: 0 kept, 1 condemned (may be deleted at any moment), 2 gone.
CREATE TABLE builds (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  commit_hash text NOT NULL,
  tree_hash text NOT NULL DEFAULT '',
  build_key text NOT NULL,
  platform text NOT NULL DEFAULT '',
  status smallint NOT NULL DEFAULT 0,
  attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  lease_host text NOT NULL DEFAULT '',
  lease_token text NOT NULL DEFAULT '',
  lease_expires timestamptz,
  cancel_requested boolean NOT NULL DEFAULT false,
  retriable boolean NOT NULL DEFAULT false,
  counts boolean NOT NULL DEFAULT true,
  queued_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  not_before timestamptz,
  image_reference text NOT NULL DEFAULT '',
  image_digest text NOT NULL DEFAULT '',
  image_size bigint NOT NULL DEFAULT 0,
  image_state smallint NOT NULL DEFAULT 0,
  outcome_code smallint NOT NULL DEFAULT 0,
  outcome_fault smallint NOT NULL DEFAULT 0,
  outcome_reason text NOT NULL DEFAULT '',
  outcome_message text NOT NULL DEFAULT '',
  CONSTRAINT builds_status_known CHECK (status >= 0 AND status <= 5),
  CONSTRAINT builds_leased_while_building CHECK (status <> 1 OR (lease_token <> '' AND lease_expires IS NOT NULL)),
  CONSTRAINT builds_ended_when_settled CHECK (status <= 1 OR finished_at IS NOT NULL)
);

CREATE INDEX builds_application ON builds (application_id, number);
CREATE INDEX builds_of_commit ON builds (commit_hash, application_id);
CREATE INDEX builds_status ON builds (status, number);
CREATE INDEX builds_number ON builds (number);
CREATE INDEX builds_started ON builds (started_at);
CREATE UNIQUE INDEX builds_one_that_counts ON builds (application_id, build_key) WHERE counts;

CREATE TABLE build_logs (
  build_id text NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
  start_offset bigint NOT NULL CHECK (start_offset >= 0),
  bytes bytea NOT NULL,
  PRIMARY KEY (build_id, start_offset)
);

-- One image per platform where a build makes several.
CREATE TABLE build_images (
  build_id text NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
  platform text NOT NULL,
  reference text NOT NULL,
  digest text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (build_id, platform)
);

-- Of builds that make several; the one of a static site stands in its build and its releases (image_reference: "artifact:<key>").
CREATE TABLE artifacts (
  id text PRIMARY KEY,
  build_id text NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
  name text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  digest text NOT NULL DEFAULT '',
  storage_key text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE INDEX artifacts_build ON artifacts (build_id);

CREATE TABLE releases (
  id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  build_id text NOT NULL DEFAULT '',
  artifact_id text NOT NULL DEFAULT '',
  commit_hash text NOT NULL DEFAULT '',
  image_reference text NOT NULL DEFAULT '',
  image_digest text NOT NULL DEFAULT '',
  image_size bigint NOT NULL DEFAULT 0,
  platform text NOT NULL DEFAULT '',
  generation bigint NOT NULL,
  entrypoint text NOT NULL DEFAULT '',
  command text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX releases_application ON releases (application_id, number);

-- The variables of run scope that a release was made with, as `environment` has them.
CREATE TABLE release_environment (
  release_id text NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  name text NOT NULL,
  value_sealed bytea NOT NULL,
  seal_key text NOT NULL,
  seal_version smallint NOT NULL DEFAULT 1,
  scope smallint NOT NULL DEFAULT 0,
  secret boolean NOT NULL DEFAULT false,
  system boolean NOT NULL DEFAULT false,
  PRIMARY KEY (release_id, name)
);

-- Which hosts serve which release of a static site.
CREATE TABLE site_releases (
  host_id text NOT NULL,
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  release_id text NOT NULL,
  ready_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (host_id, application_id, release_id)
);

CREATE INDEX site_releases_application ON site_releases (application_id);

-- Which hosts cannot serve a static site as it shall be, and why. Each host writes its own rows, so that none hides what another says.
CREATE TABLE site_failures (
  application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  host_id text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (application_id, host_id)
);

-- Questions which build methods fit a commit. A builder takes one, looks at the source and answers; old ones go when the next is asked.
CREATE TABLE detections (
  id text PRIMARY KEY,
  repository_id text NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  commit_hash text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  lease_host text NOT NULL DEFAULT '',
  lease_token text NOT NULL DEFAULT '',
  lease_expires timestamptz,
  answered_at timestamptz,
  outcome_code smallint NOT NULL DEFAULT 0,
  outcome_fault smallint NOT NULL DEFAULT 0,
  outcome_reason text NOT NULL DEFAULT '',
  outcome_message text NOT NULL DEFAULT ''
);

CREATE INDEX detections_repository ON detections (repository_id, commit_hash);

-- What one method says; `fit` -1: it could not be asked, and `code`, `fault`, `reason` and `why` are its failure.
CREATE TABLE detection_findings (
  detection_id text NOT NULL REFERENCES detections (id) ON DELETE CASCADE,
  place integer NOT NULL,
  method text NOT NULL,
  fit integer NOT NULL,
  settings text NOT NULL,
  artifact_path text NOT NULL,
  command text NOT NULL,
  port integer NOT NULL,
  why text NOT NULL,
  code smallint NOT NULL,
  fault smallint NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (detection_id, place)
);

-- ---- what was seen ----

-- What the applications on one backend have used over the span of seconds that ends at that moment: one row for all of them, -1 for what
-- is not known. `cpu` in millionths of a core, `memory` in bytes, the network in bytes a second. Ids of applications that are gone stay
-- until the row goes, after a day.
CREATE TABLE usage_batches (
  backend text NOT NULL,
  span integer NOT NULL,
  ended_at timestamptz NOT NULL,
  applications text[] NOT NULL,
  cpu bigint[] NOT NULL,
  memory bigint[] NOT NULL,
  received bigint[] NOT NULL,
  sent bigint[] NOT NULL,
  PRIMARY KEY (backend, span, ended_at)
);

CREATE TABLE observations (
  application_id text PRIMARY KEY REFERENCES applications (id) ON DELETE CASCADE,
  present boolean NOT NULL,
  epoch bigint NOT NULL,
  generation bigint NOT NULL,
  serving_run_key text NOT NULL,
  route_key text NOT NULL,
  container smallint NOT NULL,
  state smallint NOT NULL,
  converged boolean NOT NULL,
  ready integer NOT NULL,
  wanted integer NOT NULL,
  restarts integer NOT NULL,
  exit_code integer NOT NULL,
  image_digest text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  phases text[] NOT NULL,
  phase_times timestamptz[] NOT NULL,
  observed_at timestamptz
);

-- `subject`: 0 application, 1 repository, 2 build.
CREATE TABLE conditions (
  subject smallint NOT NULL,
  subject_id text NOT NULL,
  kind text NOT NULL,
  ok boolean NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  since timestamptz NOT NULL,
  last_looked timestamptz NOT NULL,
  next_look timestamptz,
  PRIMARY KEY (subject, subject_id, kind)
);

-- Append-only. `number` grows with the order of commits within one subject. `xact` is the transaction that wrote it: across subjects, (xact,
-- number) is the order, and nothing is read whose transaction is not older than every one that is still under way.
-- `subject` as of conditions, and 3: the installation. `application_id`: that it is about, empty where it is about none.
-- A second event with one idempotency key is not stored.
CREATE TABLE events (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at timestamptz NOT NULL DEFAULT now(),
  subject smallint NOT NULL,
  subject_id text NOT NULL,
  application_id text NOT NULL DEFAULT '',
  xact bigint NOT NULL DEFAULT 0,
  actor text NOT NULL,
  kind text NOT NULL,
  reason text NOT NULL DEFAULT '',
  message text NOT NULL DEFAULT '',
  data text NOT NULL DEFAULT '{}',
  idempotency_key text,
  CONSTRAINT events_idempotency_key UNIQUE (idempotency_key)
);

CREATE INDEX events_subject ON events (subject, subject_id, number);
CREATE INDEX events_place ON events (xact, number);
CREATE INDEX events_application ON events (application_id, xact, number);

-- Append-only, too: calls of the API that write, whoever made them and whatever became of them. `code` is that of the answer (0: done).
-- `application_id` and `repository_id` tell whom it concerns besides who called.
CREATE TABLE audit_events (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at timestamptz NOT NULL,
  call_id text NOT NULL,
  request_id text NOT NULL,
  user_id text NOT NULL,
  user_name text NOT NULL,
  via text NOT NULL,
  credential_id text NOT NULL,
  address text NOT NULL,
  method text NOT NULL,
  object_kind text NOT NULL,
  object_id text NOT NULL,
  application_id text NOT NULL,
  repository_id text NOT NULL,
  result_id text NOT NULL,
  code smallint NOT NULL,
  reason text NOT NULL,
  CONSTRAINT audit_events_call UNIQUE (call_id)
);

CREATE INDEX audit_events_time ON audit_events (happened_at);
CREATE INDEX audit_events_user ON audit_events (user_id, number);
CREATE INDEX audit_events_object ON audit_events (object_id, number);
CREATE INDEX audit_events_application ON audit_events (application_id, number);
CREATE INDEX audit_events_repository ON audit_events (repository_id, number);

-- First answers to calls that came with an idempotency key. No answer yet: whoever has the token carries the call out, until the lease passes.
CREATE TABLE repeatable_calls (
  user_id text NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
  key_hash text NOT NULL,
  fingerprint text NOT NULL,
  token text NOT NULL,
  lease_expires timestamptz NOT NULL,
  expires timestamptz NOT NULL,
  answer_sealed bytea,
  seal_key text NOT NULL DEFAULT '',
  seal_version smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (user_id, key_hash)
);

CREATE INDEX repeatable_calls_expires ON repeatable_calls (expires);

-- ---- hosts ----

-- `lease_expires` is a host's lease: what names it as holder is held until then.
CREATE TABLE hosts (
  id text PRIMARY KEY,
  name text NOT NULL,
  roles text[] NOT NULL,
  link_address text NOT NULL DEFAULT '',
  build_slots integer NOT NULL DEFAULT 0,
  build_methods text[] NOT NULL DEFAULT '{}',
  platform text NOT NULL DEFAULT '',
  figures text[] NOT NULL DEFAULT '{}',
  last_seen timestamptz NOT NULL,
  lease_expires timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE host_plugins (
  host_id text NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  instance text NOT NULL,
  plugin text NOT NULL,
  kind text NOT NULL,
  version text NOT NULL,
  required boolean NOT NULL,
  healthy boolean NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  config_schema text NOT NULL,
  app_schema text NOT NULL DEFAULT '',
  PRIMARY KEY (host_id, ordinal)
);

-- Which host acts on what, where several could.
CREATE TABLE leases (
  name text PRIMARY KEY,
  host_id text NOT NULL,
  token text NOT NULL,
  expires timestamptz NOT NULL
);

-- ---- hints: "look at this soon". Sent for what people, commits and builds change, never for what was observed. ----

CREATE OR REPLACE FUNCTION ns_hint_repository() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('ns_hints', 'repository:' || NEW.id);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_hint_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM pg_notify('ns_hints', 'application:' || NEW.id);
    PERFORM pg_notify('ns_hints', 'repository:' || NEW.repository_id);
    RETURN NULL;
  END IF;
  IF NEW.updated_at <> OLD.updated_at OR NEW.commit_hash <> OLD.commit_hash THEN
    PERFORM pg_notify('ns_hints', 'application:' || NEW.id);
  END IF;
  IF NEW.ref <> OLD.ref THEN
    PERFORM pg_notify('ns_hints', 'repository:' || NEW.repository_id);
  END IF;
  IF NEW.deploy_type = 1 AND (NEW.target_release <> OLD.target_release OR NEW.spa <> OLD.spa) THEN
    PERFORM pg_notify('ns_hints', 'site:' || NEW.id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_count_build() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.counts := NEW.status < 2 OR (NOT NEW.retriable AND (NEW.status <> 2 OR NEW.image_state = 0) AND NEW.outcome_reason <> 'Superseded');
  RETURN NEW;
END
$$;

-- By the clock: a database that comes back without its last writes does not come again to a version
-- that was given out for what it lost.
CREATE OR REPLACE FUNCTION ns_next_version(before bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT greatest(before + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
$$;

-- A new holder is no change that a decision could see.
CREATE OR REPLACE FUNCTION ns_version_application() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before applications%ROWTYPE;
BEGIN
  before := OLD;
  before.holder := NEW.holder;
  IF NEW IS DISTINCT FROM before AND NEW.version = OLD.version THEN
    NEW.version := ns_next_version(OLD.version);
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION ns_version_of_build() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.status <> OLD.status OR NEW.cancel_requested <> OLD.cancel_requested
     OR NEW.retriable <> OLD.retriable OR NEW.image_state <> OLD.image_state THEN
    UPDATE applications SET version = ns_next_version(version) WHERE id = NEW.application_id;
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_hint_build() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.status <> OLD.status OR NEW.cancel_requested <> OLD.cancel_requested THEN
    PERFORM pg_notify('ns_hints', 'application:' || NEW.application_id);
    PERFORM pg_notify('ns_hints', 'build:' || NEW.id);
    PERFORM pg_notify('ns_hints', 'queue:');
  ELSIF NEW.retriable <> OLD.retriable OR NEW.image_state <> OLD.image_state THEN
    PERFORM pg_notify('ns_hints', 'application:' || NEW.application_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_hint_build_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('ns_hints', 'build_log:' || NEW.build_id);
  RETURN NULL;
END
$$;

-- Another host is ready to serve a release of a static site.
CREATE OR REPLACE FUNCTION ns_hint_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('ns_hints', 'site:' || NEW.application_id);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_hint_detection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.answered_at IS NULL THEN RETURN NULL; END IF;
  END IF;
  PERFORM pg_notify('ns_hints', 'detection:' || NEW.id);
  RETURN NULL;
END
$$;

-- ---- events: what happened, written by the transaction in which it did. A row that did not change tells nothing, so that a write that is
-- repeated tells once. `ns.actor` is set for the transaction of a person; else the platform acts. ----

CREATE OR REPLACE FUNCTION ns_tell_application() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := coalesce(nullif(current_setting('ns.actor', true), ''), 'platform');
  kinds text[] := '{}';
  reasons text[] := '{}';
  messages text[] := '{}';
  details text[] := '{}';
  changed text[] := '{}';
  subject_id text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    subject_id := NEW.id;
    kinds := array['app.created']; reasons := array['']; messages := array[NEW.name]; details := array['{}'];
  ELSIF TG_OP = 'DELETE' THEN
    subject_id := OLD.id;
    kinds := array['app.purged']; reasons := array['']; messages := array[OLD.name]; details := array['{}'];
  ELSE
    subject_id := NEW.id;
    IF NEW.holder <> OLD.holder THEN
      kinds := kinds || 'holder.changed'::text; reasons := reasons || ''::text; messages := messages || ''::text;
      details := details || ('{"holder":"' || NEW.holder || '"}');
    END IF;
    IF NEW.commit_hash <> OLD.commit_hash THEN
      kinds := kinds || 'commit.seen'::text; reasons := reasons || ''::text; messages := messages || NEW.ref;
      details := details || ('{"commit":"' || NEW.commit_hash || '"}');
    END IF;
    IF NEW.desired <> OLD.desired THEN
      kinds := kinds || 'app.desired'::text; messages := messages || ''::text; details := details || '{}'::text;
      reasons := reasons || CASE NEW.desired WHEN 1 THEN 'Running' WHEN 2 THEN 'Asleep' ELSE 'Stopped' END;
    ELSIF NEW.restart_nonce <> OLD.restart_nonce THEN
      kinds := kinds || 'app.restarted'::text; reasons := reasons || ''::text; messages := messages || ''::text;
      details := details || '{}'::text;
    END IF;
    IF NEW.pinned_release <> OLD.pinned_release THEN
      kinds := kinds || CASE WHEN NEW.pinned_release = '' THEN 'app.unpinned' ELSE 'app.pinned' END;
      reasons := reasons || ''::text; messages := messages || ''::text;
      details := details || ('{"release":"' || NEW.pinned_release || '"}');
    END IF;
    IF NEW.deleted AND NOT OLD.deleted THEN
      kinds := kinds || 'app.deleted'::text; reasons := reasons || ''::text; messages := messages || ''::text;
      details := details || ('{"repository":"' || NEW.repository_id || '","owners":[' || coalesce((SELECT string_agg('"' || owner.subject_id || '"', ',' ORDER BY owner.subject_id)
        FROM application_owners AS owner WHERE owner.application_id = NEW.id), '') || ']}');
    END IF;
    IF NEW.removed AND NOT OLD.removed THEN
      kinds := kinds || 'app.removed'::text; reasons := reasons || ''::text; messages := messages || ''::text;
      details := details || '{}'::text;
    END IF;
    IF NEW.target_generation <> OLD.target_generation THEN
      IF NEW.target_state <> OLD.target_state THEN changed := changed || '"state"'::text; END IF;
      IF NEW.target_release <> OLD.target_release THEN changed := changed || '"release"'::text;
      ELSIF NEW.target_run_key <> OLD.target_run_key THEN changed := changed || '"settings"'::text; END IF;
      IF NEW.target_route_key <> OLD.target_route_key THEN changed := changed || '"routes"'::text; END IF;
      kinds := kinds || 'target.set'::text; messages := messages || ''::text;
      reasons := reasons || CASE NEW.target_state WHEN 1 THEN 'Running' WHEN 2 THEN 'Asleep' ELSE 'Stopped' END;
      details := details || ('{"generation":' || NEW.target_generation || ',"changed":[' || array_to_string(changed, ',') || ']}');
    END IF;
  END IF;
  IF array_length(kinds, 1) IS NULL THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(5478004, hashtext(subject_id));
  INSERT INTO events (subject, subject_id, application_id, actor, kind, reason, message, data, xact)
    SELECT 0, subject_id, subject_id, actor, kind, reason, message, detail, pg_current_xact_id()::text::bigint
    FROM unnest(kinds, reasons, messages, details) WITH ORDINALITY AS given (kind, reason, message, detail, place) ORDER BY place;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_tell_build() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := coalesce(nullif(current_setting('ns.actor', true), ''), 'platform');
  kind text := '';
  reason text := '';
  message text := '';
  detail text := '{}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    kind := 'build.queued'; message := NEW.commit_hash;
  ELSIF NEW.status <> OLD.status THEN
    reason := NEW.outcome_reason; message := NEW.outcome_message;
    detail := '{"attempt":' || NEW.attempt || '}';
    CASE NEW.status
      WHEN 0 THEN kind := 'build.retried';
      WHEN 1 THEN kind := 'build.started'; reason := ''; message := '';
      WHEN 2 THEN kind := 'build.settled'; reason := 'BuildSucceeded'; message := '';
      WHEN 3 THEN kind := 'build.settled';
      WHEN 4 THEN kind := 'build.cancelled';
      ELSE kind := 'build.superseded';
    END CASE;
  ELSIF NEW.cancel_requested AND NOT OLD.cancel_requested THEN
    kind := 'build.cancel_asked'; reason := NEW.outcome_reason;
  ELSIF NEW.retriable AND NOT OLD.retriable THEN
    kind := 'build.retry_asked';
  ELSIF NEW.image_state <> OLD.image_state THEN
    kind := CASE NEW.image_state WHEN 1 THEN 'image.condemned' ELSE 'image.gone' END;
  END IF;
  IF kind = '' THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(5478004, hashtext(NEW.id));
  INSERT INTO events (subject, subject_id, application_id, actor, kind, reason, message, data, xact)
    VALUES (2, NEW.id, NEW.application_id, actor, kind, reason, message, detail, pg_current_xact_id()::text::bigint);
  RETURN NULL;
END
$$;

-- "SHA256:... (ssh-ed25519)" of a line of OpenSSH: model::KeyFingerprints in SQL.
CREATE OR REPLACE FUNCTION ns_key_fingerprint(line text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN 'SHA256:' || rtrim(encode(sha256(decode(split_part(line, ' ', 2), 'base64')), 'base64'), '=') || ' (' || split_part(line, ' ', 1) || ')';
END
$$;

CREATE OR REPLACE FUNCTION ns_tell_repository() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor text := coalesce(nullif(current_setting('ns.actor', true), ''), 'platform');
  told repositories%ROWTYPE;
  kind text := 'repository.created';
  detail text := '{}';
  keys text[] := '{}';
BEGIN
  IF TG_OP = 'DELETE' THEN
    told := OLD; kind := 'repository.deleted'; keys := OLD.host_keys;
  ELSE
    told := NEW;
    IF TG_OP = 'UPDATE' THEN
      keys := OLD.host_keys;
      IF NEW.holder = OLD.holder THEN
        IF NEW.host_keys = OLD.host_keys THEN RETURN NULL; END IF;
        kind := '';
      ELSE
        kind := 'holder.changed'; detail := '{"holder":"' || NEW.holder || '"}';
      END IF;
    END IF;
  END IF;
  PERFORM pg_advisory_xact_lock(5478004, hashtext(told.id));
  IF kind <> '' THEN
    INSERT INTO events (subject, subject_id, actor, kind, message, data, xact)
      VALUES (1, told.id, actor, kind, CASE WHEN kind = 'holder.changed' THEN '' ELSE told.name END, detail,
              pg_current_xact_id()::text::bigint);
  END IF;
  IF told.host_keys <> keys THEN
    INSERT INTO events (subject, subject_id, actor, kind, message, xact)
      VALUES (1, told.id, actor, 'host_keys.changed', coalesce((SELECT string_agg(ns_key_fingerprint(one.line), ', ' ORDER BY one.place)
                FROM unnest(told.host_keys) WITH ORDINALITY AS one (line, place)), ''), pg_current_xact_id()::text::bigint);
  END IF;
  RETURN NULL;
END
$$;

-- Only what says something else: another reason, or ok where it was not.
CREATE OR REPLACE FUNCTION ns_tell_condition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  about text := '';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.ok = OLD.ok AND NEW.reason = OLD.reason THEN RETURN NULL; END IF;
  END IF;
  IF NEW.subject = 0 THEN about := NEW.subject_id; END IF;
  IF NEW.subject = 2 THEN about := coalesce((SELECT application_id FROM builds WHERE id = NEW.subject_id), ''); END IF;
  PERFORM pg_advisory_xact_lock(5478004, hashtext(NEW.subject_id));
  INSERT INTO events (subject, subject_id, application_id, actor, kind, reason, message, data, xact)
    VALUES (NEW.subject, NEW.subject_id, about, 'platform', 'condition.changed', NEW.reason, NEW.message,
            '{"type":"' || NEW.kind || '","ok":' || CASE WHEN NEW.ok THEN 'true' ELSE 'false' END || '}', pg_current_xact_id()::text::bigint);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_tell_installation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before bigint := 1;
BEGIN
  IF TG_OP = 'UPDATE' THEN before := OLD.epoch; END IF;
  IF NEW.epoch <= before THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(5478004, hashtext('installation'));
  INSERT INTO events (subject, subject_id, actor, kind, data, xact)
    VALUES (3, 'installation', 'platform', 'epoch.raised', '{"epoch":' || NEW.epoch || '}', pg_current_xact_id()::text::bigint);
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ns_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION ns_refuse_update();
CREATE TRIGGER applications_tell AFTER INSERT OR UPDATE OR DELETE ON applications FOR EACH ROW EXECUTE FUNCTION ns_tell_application();
CREATE TRIGGER builds_tell AFTER INSERT OR UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION ns_tell_build();
CREATE TRIGGER repositories_tell AFTER INSERT OR UPDATE OR DELETE ON repositories FOR EACH ROW EXECUTE FUNCTION ns_tell_repository();
CREATE TRIGGER conditions_tell AFTER INSERT OR UPDATE ON conditions FOR EACH ROW EXECUTE FUNCTION ns_tell_condition();
CREATE TRIGGER installation_tell AFTER INSERT OR UPDATE ON installation FOR EACH ROW EXECUTE FUNCTION ns_tell_installation();
CREATE TRIGGER repositories_hint AFTER INSERT OR UPDATE ON repositories FOR EACH ROW EXECUTE FUNCTION ns_hint_repository();
CREATE TRIGGER applications_hint AFTER INSERT OR UPDATE ON applications FOR EACH ROW EXECUTE FUNCTION ns_hint_application();
CREATE TRIGGER applications_version BEFORE UPDATE ON applications FOR EACH ROW EXECUTE FUNCTION ns_version_application();
CREATE TRIGGER builds_version AFTER INSERT OR UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION ns_version_of_build();
CREATE TRIGGER builds_count BEFORE INSERT OR UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION ns_count_build();
CREATE TRIGGER builds_hint AFTER INSERT OR UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION ns_hint_build();
CREATE TRIGGER build_logs_hint AFTER INSERT ON build_logs FOR EACH ROW EXECUTE FUNCTION ns_hint_build_log();
CREATE TRIGGER site_releases_hint AFTER INSERT ON site_releases FOR EACH ROW EXECUTE FUNCTION ns_hint_site();
CREATE TRIGGER detections_hint AFTER INSERT OR UPDATE ON detections FOR EACH ROW EXECUTE FUNCTION ns_hint_detection();
