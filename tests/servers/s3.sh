#!/usr/bin/env bash
# s3.sh ROOT DATA PORT runs an S3 server until it is killed: Ceph's gateway at 127.0.0.1:PORT, over one monitor and one
# store in memory. Addresses have the bucket in the path, the access key is TESTKEY and the secret TESTSECRET, any region
# is right. DATA is made anew. When the server answers, DATA/ready says its version and DATA.
set -euo pipefail
root=$1 data=$2 port=$3
PATH=$root/usr/bin:$PATH
libraries=$(dirname "$root"/usr/lib/*-linux-gnu/rados-classes)
# An address of its own, so that the ports of monitor and store are free.
address=127.77.$((port / 256)).$((port % 256))
fsid=11111111-2222-3333-4444-555555555555
rm -rf "$data"
mkdir -p "$data/osd.0"
cd "$data"
# What is removed is gone within seconds and not after hours: the store is small.
cat > ceph.conf << C
[global]
fsid = $fsid
mon initial members = a
mon host = [v2:$address:3300,v1:$address:6789]
public addr = $address
cluster addr = $address
keyring = $data/keyring
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class dir = $libraries/rados-classes
erasure code dir = $libraries/ceph/erasure-code
plugin dir = $libraries/ceph
mon allow pool size one = true
mon max pg per osd = 500
mon data avail crit = 0
mon data avail warn = 0
mon cluster log to file = false
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw gc processor max time = 2
run dir = $data
admin socket = $data/\$name.asok
log file = $data/\$name.log
pid file = $data/\$name.pid
C
conf=(-c "$data/ceph.conf")

# Each program ends with this script, however that ends.
daemon() { setpriv --pdeathsig KILL -- "$@" "${conf[@]}" -f & }

ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
ceph-authtool keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
ceph-authtool keyring --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
ceph-authtool keyring --gen-key -n client.gateway --cap mon 'allow rw' --cap osd 'allow rwx'
monmaptool --create --addv a "[v2:$address:3300,v1:$address:6789]" --fsid $fsid monmap
osdmaptool --createsimple 1 osdmap
# The monitor takes all the keys over, so that nothing has to be set up while it runs.
ceph-mon --mkfs -i a --fsid $fsid --monmap monmap --osdmap osdmap --keyring keyring --mon-data "$data/mon.a" "${conf[@]}"
daemon ceph-mon -i a --mon-data "$data/mon.a"
ceph-osd -i 0 --mkfs --osd-data "$data/osd.0" "${conf[@]}"
daemon ceph-osd -i 0 --osd-data "$data/osd.0"
timeout 60 radosgw-admin "${conf[@]}" user create --uid=t --display-name=t --access-key=TESTKEY --secret-key=TESTSECRET
daemon radosgw -n client.gateway --rgw-frontends "beast endpoint=127.0.0.1:$port"
gateway=$!
until (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
  kill -0 $gateway
  sleep 0.1
done
version=$(radosgw --version)
echo "$(cut -d' ' -f3 <<< "$version") $data" > ready
# Without any of them it is no server.
wait -n
exit 1
