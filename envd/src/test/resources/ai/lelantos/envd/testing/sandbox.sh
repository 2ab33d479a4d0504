# Runs the agent as a sandbox would: pid 1 of this namespace is this shell, which reaps orphans as an init does.
# Arguments: the folder with the prepared files, then the agent's command line. Standard input is the test's life line.
set -e
prepared=$1
shift
mount -t proc proc /proc
mount --bind "$prepared/passwd" /etc/passwd
mount --bind "$prepared/group" /etc/group
cp /etc/hosts "$prepared/hosts"
mount --bind "$prepared/hosts" /etc/hosts
mount -t tmpfs -o mode=755 tmpfs /home
mkdir -m 755 /home/user
cp -r /etc/skel/. /home/user
chown -R 1000:1000 /home/user
mount -t tmpfs -o mode=700 tmpfs /root
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
if [ -n "$CGROUP_ROOT" ]; then
    echo $$ > "$CGROUP_ROOT/cgroup.procs"
    mount --bind "$CGROUP_ROOT" /sys/fs/cgroup
fi
if [ "$PREPARE_NETWORK" = yes ]; then
    ip link set lo up
    ip link add own type veth peer name other
    ip addr add 10.77.0.2/24 dev own
    ip link set own up
    ip link set other up
fi
exec 3<&0 </dev/null
# The machine's clock is not the test's to set.
[ -z "$UNKNOWN_CALL" ] || set -- python3 "$prepared/older-kernel.py" "$UNKNOWN_CALL" "$@"
setpriv --bounding-set="-sys_time$LACKING" -- "$@" 3<&- &
agent=$!
(
    read -r _ <&3 || true
    kill -KILL "$agent"
) >/dev/null 2>&1 &
exec 3<&- >/dev/null
set +e
wait "$agent"
