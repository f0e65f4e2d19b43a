"""What stands in memory (GetCACaps, GetCACert) against the same server's own answers of equal size: the same worker,
kept connections, in turns, so that whatever else the machine does disturbs both."""
import os
import signal
import statistics

from quickstart_server import Server, give_up, wait_until

LEAST_RATIO = 0.8
CONNECTIONS = 16
OPERATIONS = ("GetCACaps", "GetCACert")
EQUALS = {"nginx": {"GetCACaps": "return 200", "GetCACert": "open file"},
          "httpd": dict.fromkeys(OPERATIONS, "file")}


def equal_url(server: Server, operation: str) -> str:
    return f"{server.site}/equal/{operation}"


def quoted(text: bytes) -> str:
    """As a string of nginx's configuration."""
    escaped = text.decode().replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    if "$" in escaped:
        give_up("a dollar in what is returned would be a variable")
    return f'"{escaped}"'


def nginx_with_equals(server: Server, answers: dict) -> dict[str, str]:
    """Exact locations, so that they cost no regular expression; a file that is kept open, so that it costs no look-up."""
    caps, caps_type = answers["GetCACaps"]
    _, cert_type = answers["GetCACert"]
    equals = (f"location = /equal/GetCACaps {{ default_type {caps_type}; return 200 {quoted(caps)}; }}\n"
              f"location = /equal/GetCACert {{ default_type {cert_type}; root {server.folder}; open_file_cache max=1; }}\n"
              "keepalive_requests 1000000000;\n")
    return {r"^worker_processes .*": "worker_processes 1;", r"^ *access_log .*": "access_log off;",
            r"^(?= *gzip )": equals.replace("\\", "\\\\")}


def httpd_with_equals(server: Server, answers: dict) -> dict[str, str]:
    types = "".join(f'<Files "{name}">\nForceType {kind}\n</Files>\n' for name, (_, kind) in answers.items())
    equals = (f"DocumentRoot {server.folder}/static\n<Directory {server.folder}/static>\nRequire all granted\n{types}"
              "</Directory>\nMaxKeepAliveRequests 0\n")
    return {r"^StartServers .*": "StartServers 1", r"^MaxRequestWorkers .*": "MaxRequestWorkers 64",
            r"^CustomLog .*": "", r"^DocumentRoot .*": equals}


def reconfigure(server: Server) -> None:
    """One worker without an access log, on a processor of its own, that serves the equals too."""
    answers = {name: server.get(f"{server.url}?operation={name}") for name in OPERATIONS}
    folder = server.folder / ("equal" if server.kind == "nginx" else "static/equal")
    folder.mkdir(parents=True)
    for name, (body, _) in answers.items():
        (folder / name).write_bytes(body)
    edits = {"nginx": nginx_with_equals, "httpd": httpd_with_equals}[server.kind]
    server.replace(server.server_config, edits(server, answers))
    os.sched_setaffinity(server.master(), {processors()[0]})  # workers inherit it
    os.kill(server.master(), signal.SIGHUP)

    def is_in_force() -> bool:
        try:
            return len(server.workers()) == 1 and all(
                server.get(equal_url(server, name)) == answer for name, answer in answers.items())
        except OSError:
            return False

    wait_until(is_in_force, f"{server.server_config} did not come into force")


def processors() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def get(server: Server, url: str, seconds: float) -> dict:
    return server.load(url, "--get", "--connections", str(CONNECTIONS), "--seconds", str(seconds),
                       preexec_fn=lambda: os.sched_setaffinity(0, {processors()[-1]}))


def compare(server: Server, operation: str, seconds: float, rounds: int) -> dict:
    ours_url, equals_url = f"{server.url}?operation={operation}", equal_url(server, operation)
    for url in ours_url, equals_url:
        get(server, url, 0.3)  # warm up
    pairs = [(get(server, ours_url, seconds), get(server, equals_url, seconds)) for _ in range(rounds)]
    if len({one["octets"] for pair in pairs for one in pair}) != 1:
        give_up(f"{operation} and its equal are not of one size")

    def rate(which: int) -> float:
        return statistics.median(pair[which]["per_second"] for pair in pairs)

    def each(which: int, cpu: str) -> float:
        """Of all rounds together: the kernel tells CPU time in hundredths of a second."""
        all_of_it = sum(pair[which][cpu] * pair[which]["answers"] for pair in pairs)
        return all_of_it / sum(pair[which]["answers"] for pair in pairs)

    return {
        "operation": operation, "equal": EQUALS[server.kind][operation], "octets": pairs[0][0]["octets"],
        "per_second": round(rate(0)), "equal_per_second": round(rate(1)),
        "ratio": round(statistics.median(ours["per_second"] / equals["per_second"] for ours, equals in pairs), 3),
        "server_cpu_us": round(each(0, "server_cpu_us"), 2), "equal_server_cpu_us": round(each(1, "server_cpu_us"), 2),
        "cpu_ratio": round(each(1, "server_cpu_us") / each(0, "server_cpu_us"), 3),
        "generator_cpu_us": round(each(0, "generator_cpu_us"), 2),
    }


def measure(server: Server, seconds: float, rounds: int) -> list[dict]:
    reconfigure(server)
    return [compare(server, operation, seconds, rounds) for operation in OPERATIONS]


def is_good(found: list[dict]) -> bool:
    return all(min(one["ratio"], one["cpu_ratio"]) >= LEAST_RATIO for one in found)


def show(kind: str, found: list[dict], seconds: float, rounds: int) -> None:
    print(f"\n{kind}, answers from memory: one worker on one processor, {CONNECTIONS} kept connections, "
          f"{rounds} rounds of {seconds:g} s in turn\n")
    print("answer     octets  equal       requests/s  of the equal  ratio  server CPU us  of the equal  ratio  generator CPU us")
    for one in found:
        print("{operation:9}  {octets:6d}  {equal:10}  {per_second:10d}  {equal_per_second:12d}  {ratio:5.2f}  "
              "{server_cpu_us:13.2f}  {equal_server_cpu_us:12.2f}  {cpu_ratio:5.2f}  {generator_cpu_us:16.2f}".format(**one))
    print(f"\nrates and their ratio: medians of the rounds; both ratios must be at least {LEAST_RATIO}\n")
