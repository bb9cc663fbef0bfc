#!/bin/bash
# Boot a Debian tree with its own systemd as PID 1, print "leader PID", and power off when standard input ends.
# Called by tests/systemd/container.py in a mount namespace of its own; needs root and systemd-nspawn.
set -u
root=$1 log=$2
# The host may run without systemd and with older control groups: this namespace gets a tree of its own.
umount -R /sys/fs/cgroup 2>/dev/null
mkdir -p /sys/fs/cgroup /run/systemd
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run/systemd || exit 3
group=/sys/fs/cgroup/posefleet-boot-$$
mkdir "$group" && echo $$ > "$group/cgroup.procs" || exit 3
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --register=no --keep-unit --private-network \
    -D "$root" --boot --console=pipe < /dev/null > "$log" 2>&1 &
nspawn=$!
for _ in $(seq 100); do
    leader=$(pgrep -P $nspawn -x systemd) && break
    sleep 0.1
done
[ -n "${leader:-}" ] && echo "leader $leader"
cat > /dev/null
[ -z "${leader:-}" ] || kill -s SIGRTMIN+4 "$leader"
for _ in $(seq 150); do
    kill -0 $nspawn 2>/dev/null || exit 0
    sleep 0.1
done
kill -9 $nspawn
