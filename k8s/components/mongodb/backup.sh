#!/bin/bash
# Writes all databases, as they are at one moment, into one file, and keeps the last good ones. A file has its name only
# once it is whole.
set -euo pipefail
umask 077

name="ticketer-$(date -u +%Y%m%dT%H%M%SZ).archive.gz"
part="$BACKUPS/.$name.part"
trap 'rm -f "$part"' EXIT
# What a backup that was killed has left.
rm -f "$BACKUPS"/.*.part

member=$(mongosh --nodb --norc --quiet /scripts/choose-member.js)
echo "from $member"
mongodump --config /tmp/mongodump.yaml --oplog --gzip --archive="$part"
gzip --test "$part"
sync "$part"
mv "$part" "$BACKUPS/$name"

cd "$BACKUPS"
# Never by age: where no backup succeeds any more, the last ones stay.
find . -maxdepth 1 -name 'ticketer-*.archive.gz' | sort --reverse | tail --lines +$((KEEP + 1)) | xargs --no-run-if-empty rm
ls -l
df -h .
