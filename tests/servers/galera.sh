#!/usr/bin/env bash
# galera.sh ROOT DATA PORT runs three MariaDB as one Galera cluster until it is killed, every node open to writers: root
# without a password at 127.0.0.1:PORT+1, +2 and +3. DATA is an empty folder; DATA/n1/pid and so on say which process is
# which node. When all of them are in the cluster, DATA/ready is there. A node that was killed does not come back.
set -euo pipefail
root=$1 data=$2 base=$3
# The programs that copy one node's data to another are called by name.
export PATH=$root/usr/bin:$root/usr/sbin:$PATH

settings() { # N. In a file, because those programs read it as well.
  local listen=127.0.0.1:$((base + 10 + $1))
  mkdir -p "$data/n$1/data"
  # A dead node is given up after two seconds.
  cat > "$data/n$1/my.cnf" << C
[mysqld]
basedir=$root/usr
datadir=$data/n$1/data
plugin-dir=$root/usr/lib/mysql/plugin
lc-messages-dir=$root/usr/share/mysql
bind-address=127.0.0.1
port=$((base + $1))
socket=$data/n$1/socket
pid-file=$data/n$1/pid
innodb-buffer-pool-size=64M
innodb-flush-method=nosync
innodb-flush-log-at-trx-commit=0
binlog-format=ROW
innodb-autoinc-lock-mode=2
wsrep-on=ON
wsrep-cluster-name=test
wsrep-provider=$root/usr/lib/galera/libgalera_smm.so
wsrep-provider-options="gmcast.listen_addr=tcp://$listen;ist.recv_addr=127.0.0.1:$((base + 20 + $1));gcache.size=32M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S"
wsrep-cluster-address=gcomm://127.0.0.1:$((base + 11)),127.0.0.1:$((base + 12)),127.0.0.1:$((base + 13))
wsrep-node-name=n$1
wsrep-node-address=127.0.0.1
wsrep-sst-method=rsync
wsrep-sst-receive-address=127.0.0.1:$((base + 30 + $1))
C
}

node() { # N [OPTION]
  local number=$1 server state
  shift
  setpriv --pdeathsig KILL -- "$root/usr/sbin/mariadbd" --defaults-file="$data/n$number/my.cnf" "$@" \
    >> "$data/n$number/log" 2>&1 < /dev/null &
  server=$!
  for _ in $(seq 100); do
    kill -0 $server || break
    state=$(timeout 5 mariadb --no-defaults --connect-timeout=3 -h127.0.0.1 -P$((base + number)) -uroot -BN \
      -e "show status like 'wsrep_local_state_comment'" 2> /dev/null || true)
    [[ $state == *Synced ]] && return
    sleep 0.3
  done
  tail -20 "$data/n$number/log" >&2
  exit 1
}

for number in 1 2 3; do settings $number; done
mariadb-install-db --no-defaults --basedir="$root/usr" --datadir="$data/n1/data" --auth-root-authentication-method=normal \
  --skip-test-db
node 1 --wsrep-new-cluster
node 2
node 3
touch "$data/ready"
wait
