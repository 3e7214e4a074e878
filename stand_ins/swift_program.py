"""OpenStack Swift on loopback, in this one process: a front that speaks S3, and a server each for what lies behind it.

Run with an empty folder, on a file system that has extended attributes, and an S3 key with its secret. It writes the
port of the front, and ends with its standard input.
"""

import logging
import sys
from pathlib import Path

import eventlet
import eventlet.wsgi

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)

from swift.account.server import AccountController  # noqa: E402
from swift.common import constraints, storage_policy, utils  # noqa: E402
from swift.common.ring.builder import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

HOST = "127.0.0.1"
BEHIND = {"account": AccountController, "container": ContainerController, "object": ObjectController}
# Few rows go into a ring with one device, and nothing waits for a disk that is busy.
RING_POWER = 2
PATIENT = {"conn_timeout": "10", "node_timeout": "60", "client_timeout": "60", "container_update_timeout": "30"}

SWIFT = """
[swift-hash]
swift_hash_path_suffix = tests

[storage-policy:0]
name = only
default = yes
"""

FRONT = """
[DEFAULT]
swift_dir = {folder}
conn_timeout = 10
client_timeout = 60
log_level = CRITICAL

[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo dlo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 60
recoverable_node_timeout = 60

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:cache]
use = egg:swift#memcache
memcache_servers =

[filter:s3api]
use = egg:swift#s3api
s3_acl = false

[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo
"""


def ring_of_one(folder: Path, kind: str, port: int) -> None:
    """Write down that all of a kind lies on the one device, behind a port."""
    builder = RingBuilder(RING_POWER, 1, 1)
    place = {"ip": HOST, "port": port, "replication_ip": HOST, "replication_port": port}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "device", "meta": "", **place})
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def serve(sock: object, app: object) -> None:
    """Answer requests from now on."""
    silent = logging.getLogger("wsgi")
    silent.propagate, silent.disabled = False, True
    eventlet.spawn(eventlet.wsgi.server, sock, app, silent, log_output=False, max_size=256)


def main(folder: Path, key: str, secret: str) -> None:
    """Build all servers, and answer until the standard input ends."""
    (folder / "devices" / "device").mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT)
    utils.set_swift_dir(str(folder))
    constraints.reload_constraints()
    storage_policy.reload_storage_policies()
    utils.validate_hash_conf()
    conf = {"swift_dir": str(folder), "devices": str(folder / "devices"), "mount_check": "false"} | PATIENT
    for kind, server in BEHIND.items():
        sock = eventlet.listen((HOST, 0))
        ring_of_one(folder, kind, sock.getsockname()[1])
        serve(sock, server(conf))
    account, _, user = key.partition(":")
    (folder / "proxy-server.conf").write_text(FRONT.format(folder=folder, account=account, user=user, secret=secret))
    sock = eventlet.listen((HOST, 0))
    serve(sock, loadapp(str(folder / "proxy-server.conf")))
    sys.stdout.write(f"{sock.getsockname()[1]}\n")
    sys.stdout.flush()
    eventlet.tpool.execute(sys.stdin.read)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
