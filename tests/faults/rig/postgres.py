"""A PostgreSQL of the harness's own: on loopback, killed and started as a test likes."""
import glob
import os
import pwd
import signal
import subprocess
import time

from harness.daemon import Daemon
from harness.wait import until

from .ports import free_port

OWNER = "postgres"
SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "64MB", "fsync": "off",
            "full_page_writes": "off", "log_min_messages": "fatal", "unix_socket_directories": ""}

# Every change of a build's status and of a generation, written down by the database itself.
JOURNAL = """
CREATE TABLE harness_builds (number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  build_id text NOT NULL, before smallint, after smallint NOT NULL, attempt integer NOT NULL, token text NOT NULL);
CREATE TABLE harness_targets (number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  application_id text NOT NULL, before bigint NOT NULL, after bigint NOT NULL);
CREATE FUNCTION harness_note_build() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO harness_builds (build_id, after, attempt, token) VALUES (NEW.id, NEW.status, NEW.attempt, NEW.lease_token);
  ELSIF NEW.status <> OLD.status OR NEW.attempt <> OLD.attempt OR NEW.image_digest <> OLD.image_digest THEN
    INSERT INTO harness_builds (build_id, before, after, attempt, token)
      VALUES (NEW.id, OLD.status, NEW.status, NEW.attempt, OLD.lease_token);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION harness_note_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO harness_targets (application_id, before, after) VALUES (NEW.id, OLD.target_generation, NEW.target_generation);
  RETURN NULL;
END $$;
CREATE TRIGGER harness_build AFTER INSERT OR UPDATE ON builds FOR EACH ROW EXECUTE FUNCTION harness_note_build();
CREATE TRIGGER harness_target AFTER UPDATE ON applications FOR EACH ROW
  WHEN (NEW.target_generation <> OLD.target_generation) EXECUTE FUNCTION harness_note_target();
"""


class Postgres:
    """A cluster in `folder`, which is made. `of`: it begins as a standby of that one. `initdb`: more options of that program;
    `settings`: more of the server."""

    def __init__(self, folder, logs, name="postgres", of=None, initdb=(), **settings):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder, self.port, self.databases = os.path.join(folder, name), free_port(), 0
        self.as_owner = ["setpriv", "--reuid", OWNER, "--regid", OWNER, "--clear-groups"]
        os.makedirs(self.folder)
        owner = pwd.getpwnam(OWNER)
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        if of:
            self.run(f"{self.bin}/pg_basebackup", "-D", self.data, "-d", of.dsn("postgres"), "-R", "-X", "stream", "-c", "fast", "-N")
        else:
            self.run(f"{self.bin}/initdb", "-D", self.data, "-A", "trust", "-U", "neoshowcase", "-E", "UTF8", "--no-sync",
                     "--locale", "C.UTF-8", *initdb)
        options = [word for key, value in {**SETTINGS, **settings, "port": self.port}.items() for word in ("-c", f"{key}={value}")]
        self.daemon = Daemon(name, [*self.as_owner, f"{self.bin}/postgres", "-D", self.data, *options], logs)

    @property
    def data(self):
        return self.folder + "/data"

    def run(self, *argv):
        self.run_client(*self.as_owner, *argv)

    def start(self, seconds=60):
        """Children of a killed postmaster may hold its memory for a moment: begun again until it stays."""
        def look():
            if not self.daemon.running():
                self.daemon.start()
            return self.answers()
        until(look, seconds, lambda: f"PostgreSQL answers\n{self.daemon.log_tail()}", every=0.05)
        return self

    def answers(self):
        return subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

    def kill(self, number=signal.SIGKILL):
        self.daemon.kill(number)

    def stop(self):
        self.daemon.stop()

    def dsn(self, database, port=None):
        return f"host=127.0.0.1 port={port or self.port} dbname={database} user=neoshowcase sslmode=disable"

    def sql(self, database, query):
        """Rows as lists of text."""
        done = subprocess.run(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database)], input=query,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def make_template(self, migrate):
        """The database that others begin as; `migrate` gets its connection string."""
        self.sql("postgres", "CREATE DATABASE ns_template")
        migrate(self.dsn("ns_template"))
        self.sql("ns_template", JOURNAL)

    def new_database(self):
        self.databases += 1
        name = f"ns_{self.databases}"
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE ns_template")
        return name

    def dump(self, name, path):
        self.run_client("pg_dump", "-Fc", "-d", self.dsn(name), "-f", path)

    def restore(self, name, path):
        """In place of what is there, whoever uses it. They find it whole: who listens again to one that is still being filled hears
        nothing of what comes after, and finds that with the next relist, minutes later."""
        fresh = f"{name}_restored"
        self.sql("postgres", f"CREATE DATABASE {fresh}")
        self.run_client("pg_restore", "--exit-on-error", "-d", self.dsn(fresh), path)
        self.drop_database(name)
        self.sql("postgres", f"ALTER DATABASE {fresh} RENAME TO {name}")

    @staticmethod
    def run_client(*argv):
        done = subprocess.run(argv, capture_output=True, text=True, cwd="/", timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def drop_database(self, name):
        self.sql("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def seconds_since(moment):
    return time.monotonic() - moment
