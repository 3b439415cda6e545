// Prints the member to copy from, and writes for mongodump how to sign in there. A secondary, so that the primary has its
// hands free, but none that lags behind; one member alone, because the copy and the oplog that belongs to it must be of the
// same one.

const fs = require('fs');
const { MEMBERS, PASSWORDS, CONFIG } = process.env;
const MAY_LAG_MS = 60000;

const password = encodeURIComponent(fs.readFileSync(`${PASSWORDS}/backup`, 'utf8').trim());

const found = [];
for (const host of MEMBERS.split(',')) {
  try {
    const address = `mongodb://${host}/?directConnection=true&serverSelectionTimeoutMS=5000`;
    const { secondary, isWritablePrimary, lastWrite } = new Mongo(address).getDB('admin').hello();
    if (secondary || isWritablePrimary) found.push({ host, secondary, wrote: lastWrite.lastWriteDate.getTime() });
  } catch (error) {
    // What mongosh logs goes to the standard output, where the answer belongs.
    process.stderr.write(`${host}: ${error.message}\n`);
  }
}
const newest = Math.max(...found.map(({ wrote }) => wrote));
const fresh = found.filter(({ wrote }) => newest - wrote <= MAY_LAG_MS);
fresh.sort((one, other) => Number(other.secondary) - Number(one.secondary) || other.wrote - one.wrote);
if (fresh.length === 0) throw new Error('no member answers that has the data');

const [{ host }] = fresh;
const uri = `mongodb://backup:${password}@${host}/?authSource=admin&directConnection=true`;
fs.writeFileSync(CONFIG, `uri: ${JSON.stringify(uri)}\n`, { mode: 0o600 });
print(host);
