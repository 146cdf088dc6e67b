"""ns-migrate on a real PostgreSQL: fresh, again, upgrade, nothing dropped unasked, one at a time, exit codes."""
import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT, SCHEMA = os.path.join(HERE, "ns-migrate"), os.path.join(HERE, "schema.sql")
with open(SCHEMA) as schema_file:
    SCHEMA_TEXT = schema_file.read()
NUMBER = re.search(r"^-- schema number: (\d+)$", SCHEMA_TEXT, re.M).group(1)
LATER = str(int(NUMBER) + 1)
TRIGGERS = str(len(re.findall(r"^CREATE TRIGGER", SCHEMA_TEXT, re.M)))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "neoshowcase/tools/bin")
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


def newest_programs():
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    return max(folders, key=lambda folder: int(folder.split("/")[-2]))


class Postgres:
    """A private server on a Unix socket, gone with the tests."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ns-migrate-test-", dir=MEMORY)
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        programs, data = newest_programs(), self.folder + "/data"
        subprocess.run([programs + "/initdb", "-D", data, "-U", "neoshowcase", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"],
                       check=True, stdout=subprocess.DEVNULL, **self.user())
        self.log = open(self.folder + "/log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [programs + "/postgres", "-D", data, "-k", self.folder, "-F", "-c", "listen_addresses="],
            stdout=self.log, stderr=self.log, **self.user())
        self.count = 0
        self.wait()

    def user(self):
        if os.geteuid() != 0:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def wait(self):
        for _ in range(600):
            if subprocess.run(["psql", "-X", "-h", self.folder, "-U", "neoshowcase", "-c", "SELECT 1", "postgres"],
                              capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit("PostgreSQL does not start: " + open(self.folder + "/log", encoding="utf-8").read())

    def sql(self, database, text):
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "neoshowcase", database],
                              input=text, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def new_database(self):
        self.count += 1
        name = f"db{self.count}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return name

    def connection(self, database):
        return f"host='{self.folder}' port=5432 user=neoshowcase dbname='{database}'"

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)  # at once, but its shared memory goes too
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def setUpModule():
    global postgres
    postgres = Postgres()


def tearDownModule():
    postgres.stop()


def tool(name):
    return os.environ.get("NS_" + name.upper()) or shutil.which(name) or shutil.which(name, path=CACHE) or ""


def environment(differ):
    """What ns-migrate finds: this differ alone, or none."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("NS_", "PG"))}
    env["NS_PSQLDEF"] = tool("psqldef") if differ == "psqldef" else ""
    env["NS_MIGRA"] = tool("migra") if differ == "migra" else ""
    return env


def start(arguments, database, differ, connection=None):
    env = environment(differ)
    env["NS_MIGRATE_DATABASE"] = connection or postgres.connection(database)
    return subprocess.Popen([SCRIPT, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def migrate(*arguments, database, differ, connection=None):
    process = start(arguments, database, differ, connection)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


class WithSchemas(unittest.TestCase):
    differ = None

    def setUp(self):
        self.database = postgres.new_database()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def sql(self, text):
        return postgres.sql(self.database, text)

    def run_it(self, *arguments, **options):
        return migrate(*arguments, database=self.database, differ=self.differ, **options)

    def apply(self, *arguments):
        code, out, err = self.run_it(*arguments)
        self.assertEqual(code, 0, out + err)
        return err

    def install(self):
        """The schema, without comparing: quicker."""
        code, _, err = migrate(database=self.database, differ=None)
        self.assertEqual(code, 0, err)

    def schema(self, number, *edits):
        """A later schema.sql: (old, new) texts replaced, or a text added."""
        with open(SCHEMA, encoding="utf-8") as file:
            text = re.sub(r"(?m)^-- schema number: \d+$", f"-- schema number: {number}", file.read())
        for edit in edits:
            if isinstance(edit, str):
                text += edit
            else:
                self.assertEqual(text.count(edit[0]), 1, edit[0])
                text = text.replace(*edit)
        path = os.path.join(self.folder.name, f"schema{number}.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def catalogue(self):
        """Changes with every DDL statement."""
        return self.sql("SELECT 'c', oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                        " UNION ALL SELECT 'p', oid, xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                        " UNION ALL SELECT 't', oid, xmin FROM pg_trigger UNION ALL SELECT 'k', oid, xmin FROM pg_constraint ORDER BY 1, 2")

    def insert_rows(self):
        self.sql("INSERT INTO subjects (id, name, name_key) VALUES ('u1', 'Alice', 'alice');"
                 "INSERT INTO repositories (id, name, url) VALUES ('r1', 'repo', 'https://x/y');"
                 "INSERT INTO applications (id, name, repository_id, ref) VALUES ('a1', 'app', 'r1', 'main');"
                 "INSERT INTO builds (id, application_id, commit_hash, build_key) VALUES ('b1', 'a1', 'c', 'k');"
                 "INSERT INTO hosts (id, name, roles, last_seen) VALUES ('h1', 'host', '{builder}', now())")

    def number(self):
        return self.sql("SELECT number FROM schema_info")


class Steps:
    """The same for each differ."""

    def test_fresh_database_is_brought_to_the_schema(self):
        code, out, err = self.run_it("--check")
        self.assertEqual(code, 2, err)
        code, out, err = self.run_it("--dry-run")
        self.assertEqual(code, 0, err)
        self.assertIn("applications", out)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")
        self.apply()
        self.assertEqual(self.run_it("--check")[0], 0)
        self.assertEqual(self.sql("SELECT number, applied_with FROM schema_info"), NUMBER + "|" + (self.differ or "psql"))
        self.assertEqual(self.sql("SELECT epoch FROM installation"), "1")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"), TRIGGERS)

    def test_second_run_changes_nothing(self):
        self.apply()
        self.insert_rows()
        before = self.catalogue()
        rows = self.sql("SELECT xmin, * FROM schema_info; SELECT xmin, * FROM applications; SELECT xmin, * FROM installation")
        self.apply()
        self.assertEqual(self.catalogue(), before)
        self.assertEqual(self.sql("SELECT xmin, * FROM schema_info; SELECT xmin, * FROM applications; SELECT xmin, * FROM installation"), rows)

    def test_upgrade_keeps_rows_and_adds_what_is_new(self):
        self.install()
        self.insert_rows()
        later = self.schema(
            LATER, ("  build_slots integer NOT NULL DEFAULT 0,\n", "  build_slots integer NOT NULL DEFAULT 0,\n  zone text NOT NULL DEFAULT 'here',\n"),
            ("CREATE INDEX artifacts_build ON artifacts (build_id);", "CREATE INDEX artifacts_build ON artifacts (build_id, created_at);"),
            ("  NEW.counts := NEW.status < 2", "  -- a newer body\n  NEW.counts := NEW.status < 2"),
            ("CHECK (attempt >= 0)", "CHECK (attempt >= 0 AND attempt < 1000)"),
            "CREATE TABLE notes (id text PRIMARY KEY, body text NOT NULL);\nCREATE INDEX notes_body ON notes (body);\n")
        code, _, err = self.run_it("--check", "--schema", later)
        self.assertEqual(code, 2, err)
        self.assertEqual(self.number(), NUMBER)
        self.apply("--schema", later)
        self.assertEqual(self.run_it("--check", "--schema", later)[0], 0)
        self.assertEqual(self.number(), LATER)
        self.assertEqual(self.sql("SELECT name, zone FROM hosts"), "host|here")
        self.assertEqual(self.sql("SELECT id, counts FROM builds"), "b1|t")
        self.assertEqual(self.sql("SELECT count(*) FROM notes"), "0")
        self.assertIn("created_at", self.sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'artifacts_build'"))
        self.assertIn("a newer body", self.sql("SELECT prosrc FROM pg_proc WHERE proname = 'ns_count_build'"))
        # The older program's file is content with the newer schema.
        code, _, err = self.run_it("--check")
        self.assertEqual(code, 0, err)
        self.assertIn("newer", self.apply())
        self.assertEqual(self.number(), LATER)

    def test_nothing_is_dropped_unasked(self):
        self.install()
        self.insert_rows()
        self.sql("CREATE TABLE mine (id integer PRIMARY KEY); INSERT INTO mine VALUES (7); CREATE INDEX mine_too ON hosts (name);"
                 "ALTER TABLE hosts ADD COLUMN extra text NOT NULL DEFAULT 'x'")
        self.apply()
        self.assertEqual(self.sql("SELECT id FROM mine; SELECT extra FROM hosts"), "7\nx")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'mine_too'"), "1")
        self.assertEqual(self.run_it("--check")[0], 0)
        code, out, _ = self.run_it("--dry-run", "--enable-drop")
        self.assertEqual(code, 0)
        self.assertIn("drop table", out.lower())
        self.assertEqual(self.sql("SELECT id FROM mine"), "7")
        self.apply("--enable-drop")
        self.assertEqual(self.sql("SELECT to_regclass('mine') IS NULL, count(*) FROM hosts"), "t|1")

    def test_change_that_does_not_apply_is_refused_whole(self):
        self.install()
        self.insert_rows()
        later = self.schema(LATER, "CREATE TABLE notes (id text PRIMARY KEY);\n",
                            ("  build_slots integer NOT NULL DEFAULT 0,\n", "  build_slots integer NOT NULL DEFAULT 0,\n  zone text NOT NULL,\n"))
        code, _, err = self.run_it("--schema", later)
        self.assertEqual(code, 1, err)
        self.assertIn("zone", err)
        self.assertEqual(self.number(), NUMBER)
        self.assertEqual(self.sql("SELECT to_regclass('notes') IS NULL"), "t")

    def test_runs_at_once_take_turns(self):
        processes = [start([], self.database, self.differ) for _ in range(3)]
        for process in processes:
            _, err = process.communicate(timeout=180)
            self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.run_it("--check")[0], 0)

    def test_nothing_is_left_behind(self):
        self.apply()
        self.run_it("--check")
        self.assertEqual(self.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'ns_migrate%'"), "0")


class Migra(Steps, WithSchemas):
    differ = "migra"

    def setUp(self):
        self.assertTrue(tool("migra"), "migra is wanted: ./run test installs it")
        super().setUp()

    def test_leftovers_of_killed_runs_go(self):
        scratch = f"ns_migrate_{self.database}_99999"
        postgres.sql("postgres", f"CREATE DATABASE {scratch}")
        self.apply()
        self.assertEqual(self.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'ns_migrate%'"), "0")


@unittest.skipUnless(tool("psqldef"), "psqldef is not on this machine")
class Psqldef(Steps, WithSchemas):
    differ = "psqldef"


class WithoutDiffer(WithSchemas):
    def test_fresh_database_needs_none(self):
        self.assertEqual(self.run_it("--check")[0], 2)
        self.apply()
        self.assertEqual(self.sql("SELECT number, applied_with FROM schema_info"), NUMBER + "|psql")

    def test_made_without_a_differ_is_the_same_to_one(self):
        self.apply()
        code, _, err = migrate("--check", database=self.database, differ="migra")
        self.assertEqual(code, 0, err)

    def test_upgrade_says_what_is_missing(self):
        self.apply()
        code, _, err = self.run_it("--schema", self.schema(LATER))
        self.assertEqual(code, 1)
        self.assertIn("psqldef or migra", err)


class Arguments(WithSchemas):
    def test_connection_as_uri_and_as_words(self):
        folder = postgres.folder.replace("/", "%2F")
        for connection in (f"postgresql://neoshowcase:p%40ss'w@/{self.database}?host={postgres.folder}",
                           f"postgres://neoshowcase@{folder}:5432/{self.database}",
                           f"host = {postgres.folder} user=neoshowcase password='a b\\'c' dbname={self.database}"):
            code, _, err = self.run_it("--check", connection=connection)
            self.assertEqual(code, 2, connection + err)

    def test_mistakes_are_told_and_change_nothing(self):
        for arguments, connection, words in (
                ([], "hots=x", "hots"), ([], "postgresql://x/y?sslmod=1", "sslmod"), ([], "just words", "neither"),
                ([], "host=/nowhere user=x dbname=y", "/nowhere"), (["--chekc"], None, "--chekc"), (["--schema", "/no.sql"], None, "/no.sql")):
            code, out, err = self.run_it(*arguments, connection=connection)
            self.assertEqual((code, out), (1, ""), err)
            self.assertIn(words, err)

    def test_password_is_on_no_command_line(self):
        connection = postgres.connection(self.database) + " password=hush-hush"
        process = start([], self.database, "migra", connection)
        seen = set()
        while process.poll() is None:
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, encoding="utf-8", errors="replace") as file:
                        seen.add(file.read())
                except OSError:
                    pass
        _, err = process.communicate()
        self.assertEqual(process.returncode, 0, err)
        self.assertTrue(any("migra" in line for line in seen))
        self.assertFalse([line for line in seen if "hush-hush" in line])

    def test_schema_number_is_that_of_the_program(self):
        header = os.path.join(HERE, "../core/store/schema.h")
        with open(header, encoding="utf-8") as file:
            program = re.search(r"kSchemaNumber = (\d+)", file.read()).group(1)
        with open(SCHEMA, encoding="utf-8") as file:
            self.assertEqual(re.search(r"(?m)^-- schema number: (\d+)$", file.read()).group(1), program)


if __name__ == "__main__":
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
