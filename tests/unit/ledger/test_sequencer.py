"""Positions: contiguous, in the order of transactions, none skipped, whoever dies and wherever the data are moved."""

import subprocess
import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from qinzheng.ledger import actions, checkpoint, envelope, queries, recount, sequencer, witnessed
from qinzheng.ledger.merkle import Tree, verify_consistency, verify_inclusion
from qinzheng.operations import database
from tests.unit.ledger.conftest import NAME, event

pytestmark = pytest.mark.django_db(transaction=True)


class Writer(threading.Thread):
    """Appends in a transaction of its own and holds it open until told to end it."""

    def __init__(self, subject, *, after=()):
        super().__init__(daemon=True)
        self.subject, self.after = subject, after
        self.written, self.release = threading.Event(), threading.Event()

    def run(self):
        with transaction.atomic():
            actions.append([event(self.subject)])
            self.written.set()
            self.release.wait(30)
            actions.append([event(subject) for subject in self.after])
        connection.close()

    def __enter__(self):
        self.start()
        assert self.written.wait(30)
        return self

    def __exit__(self, *why):
        self.release.set()
        self.join()


def subjects():
    return [stored.subject for _, _, stored in queries.sequenced()]


def whole():
    """Every event has a position, the positions are contiguous, and root, tiles and proofs are those of its leaves."""
    tree, tiles = Tree(queries.head()[0]), queries.tiles()
    leaves: list[bytes] = []
    for position, leaf, stored in queries.sequenced():
        assert position == len(leaves)
        assert leaf == tree.leaf(envelope.leaf(stored.fields()))
        leaves.append(leaf)
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        tree.push(peaks, size, leaf)
    assert tiles.size == len(leaves)
    assert tiles.root() == tree.root(peaks)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), (SELECT peaks FROM ledger_head) FROM ledger_event")
        count, held = cursor.fetchone()
    assert (count, bytes(held)) == (len(leaves), b"".join(peaks))
    return len(leaves)


def test_an_event_that_commits_late_is_not_skipped():
    with Writer("late"):
        actions.append([event("early")])
        assert sequencer.sequence_all() == 0
    assert sequencer.sequence_all() == 2
    assert subjects() == ["late", "early"]
    assert whole() == 2


def test_many_writers_that_end_in_another_order_than_they_began_are_all_taken():
    writers = [Writer(f"w-{k}") for k in range(5)]
    for writer in writers:
        writer.__enter__()
    taken = []
    for k in (3, 1, 4, 0, 2):
        writers[k].__exit__()
        actions.append([event(f"after-{k}")])
        sequencer.sequence_all()
        taken.append(subjects())
    for before, after in zip(taken, taken[1:], strict=False):
        assert after[: len(before)] == before
    assert taken[3] == ["w-0", "w-1"]
    assert whole() == 10


def test_a_transaction_that_only_reads_holds_nobody_up_and_one_that_fails_leaves_no_gap():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_event")
    with transaction.atomic():
        actions.append([event("gone")])
        transaction.set_rollback(True)
    actions.append([event("kept")])
    assert sequencer.sequence_all() == 1
    assert subjects() == ["kept"]


def test_a_later_number_of_a_subject_may_stand_before_an_earlier_one_and_verifies(log):
    """A long transaction that comes to a subject last: its id is the oldest, its number in the subject the highest."""
    with Writer("long", after=["shared"]):
        actions.append([event("shared")])
    log.grow(20)
    found = [(stored.subject, stored.subject_seq) for _, _, stored in queries.sequenced()][:3]
    assert found == [("long", 1), ("shared", 2), ("shared", 1)]
    assert log.verify()[0] == 0


def test_only_one_sequencer_works_at_a_time():
    actions.append([event(n=n) for n in range(30)])
    holding, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            assert sequencer.sequence_once() == 30
            holding.set()
            release.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(30)
    assert sequencer.sequence_once() == 0
    release.set()
    thread.join()
    assert sequencer.sequence_once() == 0
    assert whole() == 30


def test_sequencers_and_writers_at_once_leave_one_whole_log():
    stop = threading.Event()
    failed: list[BaseException] = []

    def run(body):
        try:
            body()
        except BaseException as why:
            failed.append(why)
        finally:
            connection.close()

    def sequence():
        while not stop.is_set():
            sequencer.sequence_once(batch=7)

    def write(k):
        for n in range(15):
            actions.append([event(f"w-{k}", n=n), event(f"v-{k}", n=n)])

    sequencers = [threading.Thread(target=run, args=(sequence,)) for _ in range(2)]
    writers = [threading.Thread(target=run, args=(lambda k=k: write(k),)) for k in range(3)]
    for thread in sequencers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sequencers:
        thread.join()
    sequencer.sequence_all()
    assert failed == []
    assert whole() == 90


def test_a_sequencer_killed_between_its_steps_leaves_nothing_half_done():
    """It has written positions and waits for the tiles; then its session is ended by force."""
    actions.append([event(n=n) for n in range(300)])
    sequencer.sequence_once(batch=100)
    pid, died = [], []

    def doomed():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid.append(cursor.fetchone()[0])
        try:
            sequencer.sequence_once()
        except DatabaseError as why:
            died.append(why)
        connection.close()

    thread = threading.Thread(target=doomed)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE ledger_tile IN ACCESS EXCLUSIVE MODE")
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
        while True:
            cursor.execute(waiting, [pid[0] if pid else 0])
            if cursor.fetchone()[0]:
                break
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid[0]])
        thread.join()
    assert died
    assert queries.head()[1] == 100
    assert sequencer.sequence_all() == 200
    assert whole() == 300


SMUGGLED = (
    "INSERT INTO ledger_event (id, subject, subject_seq, type, kind, procedure, organization, actor, precision, "
    "recorded_at, under, body, transaction) SELECT gen_random_uuid(), 'smuggled', 1, type, kind, procedure, "
    "organization, actor, precision, recorded_at, under, body, 1 FROM ledger_event"
)


def test_an_event_cannot_name_another_transaction_and_one_forced_in_is_named():
    """With an id of the past a row would stand for ever behind the cursor: read by screens, in no proof."""
    actions.append([event("one")])
    sequencer.sequence_all()
    with pytest.raises(DatabaseError, match="for the database to say"), connection.cursor() as cursor:
        cursor.execute(SMUGGLED)
    assert list(recount.check()) == []
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(SMUGGLED)
        cursor.execute("SET session_replication_role = DEFAULT")
    assert sequencer.sequence_all() == 0
    assert [(found.table, found.key) for found in recount.check()] == [("ledger_position", ("smuggled", 1))]


def test_a_precision_or_kind_that_is_unknown_is_refused_by_the_database():
    actions.append([event()])
    for column in ("precision", "kind"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_event (id, subject, subject_seq, type, kind, procedure, organization, actor, "
                "precision, recorded_at, under, body) SELECT gen_random_uuid(), 'x', 1, type, "
                + ("'x'" if column == "kind" else "kind")
                + ", procedure, organization, actor, "
                + ("'hour'" if column == "precision" else "precision")
                + ", recorded_at, under, body FROM ledger_event"
            )


@pytest.mark.parametrize("batch", [1, 100, 256, 257, 5_000])
def test_the_log_is_the_same_whatever_the_batch(batch, suite):
    actions.append([event(f"case-{k % 7}", n=k) for k in range(600)])
    while sequencer.sequence_once(batch):
        pass
    assert whole() == 600
    assert queries.head()[0] == suite[0]
    tiles, root = queries.tiles(), queries.tiles().root()
    for position, leaf, _ in queries.sequenced():
        if position % 37 == 0:
            proof = tiles.inclusion(position, 600)
            assert verify_inclusion(tiles.tree, leaf, position, 600, proof, root)
    for old in (1, 255, 256, 257, 599):
        proof = tiles.consistency(old, 600)
        assert verify_consistency(tiles.tree, old, 600, proof, queries.tiles(old).root(), root)


def test_the_hash_of_a_log_is_its_own_for_life(settings):
    settings.CRYPTO = "std"
    actions.append([event(n=0)])
    sequencer.sequence_all()
    settings.CRYPTO = "gm"
    actions.append([event(n=1)])
    sequencer.sequence_all()
    assert queries.head() == ("sha256", 2)
    assert whole() == 2


def test_a_backup_restored_into_another_cluster_goes_on(signer, tmp_path):
    """There transaction ids begin anew: with the old cursor no new event would ever get a position again."""
    for n in range(30):
        actions.append([event(f"case-{n % 3}", n=n)])
        if n == 19:
            sequencer.sequence_all()
            witnessed.write(tmp_path / "outside", signer, NAME)
    before = subjects()
    here = connection.settings_dict
    with database.temporary(_binaries(), {"fsync": "off"}) as other:
        _restore(here, other)
        chosen = {name: here[name] for name in ("NAME", "HOST", "USER", "PORT")}
        connection.close()
        here.update(NAME=database.NAME, HOST=str(other.socket_directory()), USER=database.SUPERUSER, PORT="")
        try:
            assert sequencer.sequence_all() == 10
            actions.append([event("new", n=n) for n in range(5)])
            assert sequencer.sequence_all() == 5
            assert subjects()[:20] == before
            assert whole() == 35
            witnessed.write(tmp_path / "outside", signer, NAME)
            held = checkpoint.parse((tmp_path / "outside" / "checkpoint").read_text(encoding="utf-8"))
            assert held.size == 35
        finally:
            connection.close()
            here.update(chosen)


def _binaries():
    """The binaries of the server under test: a dump is read by its own version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10_000
    system = database.system_binaries()
    if system is not None and system.parent.name == str(major):
        return system
    return database.embedded_binaries()


def _restore(here, other):
    source = ["-h", here["HOST"], "-U", here["USER"], *(["-p", here["PORT"]] if here["PORT"] else [])]
    dumped = subprocess.run(
        [other.binaries / "pg_dump", *source, here["NAME"]], capture_output=True, check=True, text=True
    ).stdout
    target = ["-q", "-v", "ON_ERROR_STOP=1", "-h", str(other.socket_directory()), "-U", database.SUPERUSER]
    subprocess.run(
        [other.binaries / "psql", *target, database.NAME], input=dumped, capture_output=True, check=True, text=True
    )  # fmt: skip
