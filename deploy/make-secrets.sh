#!/bin/sh
# Makes deploy/secrets once: the database's password, and the configuration file with everything that is secret.
# The key of the AI Music API is read from the terminal, or from standard input; leave it empty where every tenant
# brings one. The folder is closed to other users of this machine; the files in it are not, because each container
# reads them as a user of its own.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
    echo "deploy/secrets is there already; nothing was changed." >&2
    exit 1
fi

random() {
    od -An -N 32 -t x1 /dev/urandom | tr -d ' \n'
}

key=
if [ -t 0 ]; then
    printf 'Key of the AI Music API (it is not shown): ' >&2
    trap 'stty echo' EXIT
    stty -echo
    IFS= read -r key || true
    stty echo
    trap - EXIT
    printf '\n' >&2
else
    IFS= read -r key || true
fi
case $key in
*"'"* | *[[:cntrl:]]*)
    echo "That is no key: it holds a quotation mark or a control character. Nothing was written." >&2
    exit 1
    ;;
esac

password=$(random)
umask 077
mkdir secrets
umask 022
printf '%s' "$password" >secrets/postgres_password
{
    if [ -n "$key" ]; then
        printf "api_key = '%s'\n" "$key"
    fi
    printf "database_url = 'postgresql://songwright:%s@postgres/songwright'\n" "$password"
    printf "secret_keys = ['%s']\n" "$(random)"
} >secrets/songwright.toml
echo "deploy/secrets is ready. Keep a copy of songwright.toml where your backups are not." >&2
