#!/bin/bash
# Puts back what a backup holds, over what is there, as the members' own user. The services must be stopped.
#   restore.sh FILE             everything, at the backup's moment
#   restore.sh FILE OPTION…     with mongorestore's options instead, such as --drop --nsInclude 'ticket_db.*'
set -euo pipefail
umask 077
file="$BACKUPS/$(basename "${1:?which file of $BACKUPS}")"
shift
gzip --test "$file"
printf 'password: "%s"\n' "$(tr -d '[:space:]' </run/key/key)" >/tmp/mongorestore.yaml
if [ "$#" = 0 ]; then set -- --drop --oplogReplay; fi
exec mongorestore --config /tmp/mongorestore.yaml --host "rs0/$MEMBERS" --username __system --authenticationDatabase local \
    --gzip --archive="$file" "$@"
