#!/usr/bin/env bash
# prefix.sh FOLDER SUITE PACKAGE... unpacks Debian packages of a suite, and the libraries that they need, into FOLDER.
# Their programs then run from there with their own C library, whatever the system's is, and the system is not
# changed; no root is needed. Packages come from the Debian mirror in this machine's apt sources.
set -euo pipefail
umask 022
folder=$(realpath -m "$1") suite=$2 cache=$(dirname "$(realpath -m "$1")")
shift 2
wanted="$suite $*"
complete() { [ "$(cat "$folder/.packages" 2>/dev/null)" = "$wanted" ]; }
fail() { echo "$*" >&2; exit 1; }

complete && exit
mkdir -p "$cache"
if [ "$*" != patchelf ] && ! command -v patchelf > /dev/null; then
  bash "$0" "$cache/patchelf" bookworm patchelf
  PATH=$cache/patchelf/usr/bin:$PATH
fi
exec 9> "$cache/.lock"
flock 9
complete && exit

# An apt with lists of its own for which nothing is installed yet, so that it names every library.
apt=$cache/.apt-$suite
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
rm -f "$apt"/archives/*.deb
: > "$apt/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$' || true)
[ -n "$mirror" ] || fail "This machine's apt sources name no Debian mirror."
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror $suite main" > "$apt/sources.list"
cat > "$apt/apt.conf" << C
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$apt";
Dir::State::Lists "$apt/lists";
Dir::State::Status "$apt/status";
Dir::Cache "$apt";
Acquire::Languages "none";
APT::Sandbox::User "";
C
export APT_CONFIG=$apt/apt.conf
apt-get update -qq
needed=$(apt-get install --simulate --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
libraries=$(grep -E '^lib|^mysql-common$|^mariadb-common$' <<< "$needed" | grep -v '^libperl' || true)
(cd "$apt/archives" && apt-get download -qq $(printf '%s\n' "$@" $libraries | sort -u))

# Made beside its place and moved there when whole. Programs are patched for the final place.
new=$folder.new
rm -rf "$new"
mkdir -p "$new/usr/lib" "$new/usr/bin" "$new/usr/sbin" "$new/usr/lib64"
for name in lib bin sbin lib64; do ln -s "usr/$name" "$new/$name"; done
for deb in "$apt"/archives/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$new" --keep-directory-symlink --no-same-owner; done
rm -f "$apt"/archives/*.deb

if [ "$*" != patchelf ]; then
  loader=$(cd "$new" && find usr/lib/*-linux-gnu usr/lib64 -maxdepth 1 -name 'ld-linux*.so.*' | head -1)
  [ -n "$loader" ] || fail "There is no loader among the libraries of $*."
  main=$(cd "$new" && dirname usr/lib/*-linux-gnu/libc.so.6)
  search=$folder/$main
  for private in $(cd "$new" && find usr/lib -type d \( -name private -o -path '*-linux-gnu/ceph' \)); do search=$folder/$private:$search; done
  while IFS= read -r -d '' file; do
    [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] || continue
    case $file in
      *.so | *.so.*)
        # Libraries follow their program's search path unless they have one of their own.
        [ -n "$(patchelf --print-rpath "$file" 2>/dev/null)" ] || continue
        patchelf --force-rpath --set-rpath "$search" "$file" ;;
      *)
        patchelf --print-interpreter "$file" > /dev/null 2>&1 || continue
        patchelf --set-interpreter "$folder/$loader" --force-rpath --set-rpath "$search" "$file" ;;
    esac
  done < <(find "$new/usr" -type f \( -perm /111 -o -name '*.so*' \) -print0)
fi
echo "$wanted" > "$new/.packages"
rm -rf "$folder"
mv "$new" "$folder"
