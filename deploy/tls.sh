#!/usr/bin/env bash
# Makes a lab's certificates. See --help.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: deploy/tls.sh FOLDER HOST...        a certificate for a server that is reached by these names or IP addresses
       deploy/tls.sh FOLDER --user NAME    a certificate for a user, for modlabd --tls-client-ca

Makes, in FOLDER, what is not there yet: ca.pem and ca.key, the lab's own authority, and then server.pem and server.key, or
NAME.pem and NAME.key. Keys can be read by you alone. Users need ca.pem; ca.key stays where it is. An existing certificate
is made anew, which a running modlabd notices within seconds.

    deploy/tls.sh ~/modlab-tls lab.example 192.0.2.7
    modlabd --listen 0.0.0.0:7443 --tls-cert ~/modlab-tls/server.pem --tls-key ~/modlab-tls/server.key --data-dir ...
TEXT
}

case "${1:-}" in
  -h | --help)
    usage
    exit 0
    ;;
esac
if (($# < 2)); then
  usage >&2
  exit 2
fi
command -v openssl >/dev/null || {
  echo "tls: openssl is missing: install Debian's package openssl" >&2
  exit 1
}
umask 077
folder=$1
shift
mkdir -p "$folder"

# A key and a request for NAME, signed by the authority with EXTENSIONS.
certify() {
  local file=$1 name=$2 extensions=$3
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
    -keyout "$folder/$file.key.new" -out "$folder/$file.csr" 2>/dev/null
  openssl x509 -req -in "$folder/$file.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -days 825 \
    -set_serial "0x$(openssl rand -hex 16)" -extfile <(printf '%b' "$extensions") -out "$folder/$file.pem.new" 2>/dev/null
  rm "$folder/$file.csr"
  mv "$folder/$file.key.new" "$folder/$file.key"
  mv "$folder/$file.pem.new" "$folder/$file.pem"
  chmod 644 "$folder/$file.pem"
  echo "tls: $folder/$file.pem and $folder/$file.key, for $name, good for 825 days"
}

if [[ ! -e $folder/ca.pem ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=modlab lab authority" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
  chmod 644 "$folder/ca.pem"
  echo "tls: $folder/ca.pem and $folder/ca.key, the authority"
fi

if [[ $1 == --user ]]; then
  name=${2:-}
  [[ $name =~ ^[a-z0-9._-]{1,63}$ && $name != ca && $name != server ]] || {
    echo "tls: '$name' cannot be a user's name: take 1 to 63 of a-z, 0-9, ., _ and -" >&2
    exit 2
  }
  certify "$name" "$name" "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n"
else
  names=""
  for host in "$@"; do
    if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then names+=",IP:$host"; else names+=",DNS:$host"; fi
  done
  certify server "$1" "subjectAltName=${names#,}\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n"
fi
