"""A crowd of devices, and what happens to it when workers die or the server reloads."""
import http.client
import multiprocessing
import os
import signal
import threading
import time

import pytest

import scep
import verdict
from crowd import Crowd
from device import Device, new_key

pytestmark = pytest.mark.load
KEYS = [new_key() for _ in range(4)]


@pytest.fixture
def ra(make_ra):
    return make_ra({"challenge": {"maximum": 0}}, static=b"x" * 10_000)


def prepared(ra, number: int) -> list[tuple[scep.Message, bytes]]:
    """Requests with a password each; few keys, since making one takes longer than everything else."""
    devices = [Device(f"crowd-{n}.example.test", KEYS[n]) for n in range(len(KEYS))]
    messages = [scep.pkcs_req(by, ra.encryption, by.csr(password, subject=f"CN=crowd-{n}.example.test"))
                for n, (password, by) in enumerate(zip(ra.passwords(number), devices * (number // len(devices) + 1)))]
    return [(message, message.encode()) for message in messages]


def crowd_of(ra) -> Crowd:
    return Crowd(ra.host, ra.port, ra.path)


def serials(requests, outcomes) -> list[int]:
    """Every request must have got its certificate; the serial numbers of all of them."""
    found = []
    for (message, _), outcome in zip(requests, outcomes):
        assert outcome.status == 200, outcome
        reply = scep.CertRep.parse(outcome.body)
        assert reply.status == scep.SUCCESS, reply.fail_info
        assert reply.transaction == message.transaction
        found.append(scep.parsed(reply.certificates_for(message.signer)[0]).serial_number)
    return found


def measure(host: str, port: int, path: str, stop, results) -> None:
    """Another process, so that the crowd's own work is not measured."""
    durations = []
    while not stop.is_set():
        started = time.monotonic()
        connection = http.client.HTTPConnection(host, port, timeout=30)
        connection.request("GET", path)
        assert len(connection.getresponse().read()) == 10_000
        connection.close()
        durations.append(time.monotonic() - started)
        time.sleep(0.005)
    results.put(durations)


def test_1000_connections_all_get_a_certificate_and_static_files_stay_quick(ra):
    requests = prepared(ra, 1000)
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    meter = multiprocessing.Process(target=measure, args=(ra.host, ra.port, "/static", stop, results))
    meter.start()
    outcomes = crowd_of(ra).post_at_once([octets for _, octets in requests])
    stop.set()
    durations = sorted(results.get(timeout=30))
    meter.join()

    assert len(set(serials(requests, outcomes))) == 1000
    assert ra.count_issued() == 1000
    p99 = durations[int(len(durations) * 0.99)]
    print(f"static file during 1,000 enrolments: p50 {durations[len(durations) // 2] * 1000:.1f} ms, "
          f"p99 {p99 * 1000:.1f} ms, {len(durations)} requests")
    # Where a thread serves one request at a time, a file waits behind the enrolments before it.
    assert p99 < ra.slower(0.050 if ra.server.QUICK_BESIDE_ENROLMENTS else 5)


def kill_a_worker(ra) -> None:
    ra.server.expected = ra.server.KILLED
    os.kill(ra.workers()[0], signal.SIGKILL)


def meanwhile(action, pause: float, times: int) -> threading.Thread:
    def work():
        for _ in range(times):
            time.sleep(pause)
            action()
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_killed_workers_cost_no_device_its_certificate(ra):
    """case F1: the same octets again until they are answered; one certificate each."""
    requests = prepared(ra, 600)
    killer = meanwhile(lambda: kill_a_worker(ra), 0.2, 5)
    outcomes = crowd_of(ra).post([octets for _, octets in requests], few=64)
    killer.join()

    first = serials(requests, outcomes)
    assert max(outcome.attempts for outcome in outcomes) > 1, "no worker was killed in the middle of a request"
    assert len(set(first)) == 600
    assert ra.certificates() == 600
    again = crowd_of(ra).post([octets for _, octets in requests[:50]], few=16)
    assert serials(requests[:50], again) == first[:50]
    assert ra.certificates() == 600


def kill_all_at_the_first_claim(ra) -> None:
    """While a password is spent and its certificate is not there yet."""
    deadline = time.monotonic() + 10
    while not ra.stored("SELECT 1 FROM request WHERE state = 'claimed' LIMIT 1") and time.monotonic() < deadline:
        pass
    ra.server.expected = ra.server.KILLED
    for pid in ra.workers():
        os.kill(pid, signal.SIGKILL)


def test_a_password_of_a_killed_request_works_for_no_other(ra):
    """case F1: a kill that comes when all is done proves nothing, so it may try again."""
    for _ in range(5):
        passwords = ra.passwords(40)
        requests = [verdict.request(ra, password) for password in passwords]
        killer = threading.Thread(target=kill_all_at_the_first_claim, args=(ra,))
        killer.start()
        outcomes = crowd_of(ra).post([message.encode() for message in requests], few=40)
        killer.join()
        serials([(message, b"") for message in requests], outcomes)
        others = crowd_of(ra).post([verdict.request(ra, password).encode() for password in passwords], few=16)
        assert {scep.CertRep.parse(outcome.body).fail_info for outcome in others} == {scep.BAD_REQUEST}
        if max(outcome.attempts for outcome in outcomes) > 1:
            return
    pytest.fail("no worker was killed in the middle of a request")


def test_a_reload_under_load_loses_no_request(ra):
    """case F7: no device had to ask twice."""
    requests = prepared(ra, 600)
    reloader = meanwhile(ra.reload, 0.2, 5)
    outcomes = crowd_of(ra).post([octets for _, octets in requests], few=64)
    reloader.join()

    assert len(set(serials(requests, outcomes))) == 600
    assert max(outcome.attempts for outcome in outcomes) == 1
    assert ra.count_issued() == 600


def test_one_password_presented_by_many_at_once_enrols_one_device(ra):
    """case R2"""
    for _ in range(5):
        password = ra.password()
        bodies = [verdict.request(ra, password).encode() for _ in range(32)]
        outcomes = crowd_of(ra).post(bodies, few=32)
        statuses = [scep.CertRep.parse(outcome.body).status for outcome in outcomes]
        assert sorted(statuses) == [scep.SUCCESS] + [scep.FAILURE] * 31


def test_copies_of_one_request_at_once_get_one_certificate(ra):
    """case R3"""
    message = verdict.request(ra, ra.password())
    outcomes = crowd_of(ra).post([message.encode()] * 32, few=32)
    assert len(set(serials([(message, b"")] * 32, outcomes))) == 1
    assert ra.certificates() == 1
