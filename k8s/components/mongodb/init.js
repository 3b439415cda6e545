// Makes the replica set and its users; run as often as wanted, it only changes what differs from what is written here.
//
// It signs in as what the members are to each other, with the key they share: so there is no root password to keep, and
// none that the first start would have to be told. Plain loops, because mongosh awaits its calls in these by itself, in
// callbacks of arrays it does not.

const fs = require('fs');
const { MEMBERS, KEY_FILE, PASSWORDS } = process.env;

const hosts = MEMBERS.split(',');
const key = fs.readFileSync(KEY_FILE, 'utf8').replace(/\s/g, '');

/** The admin database, of one member or of the set. */
const admin = (where, option) => {
  const address = `mongodb://__system:${encodeURIComponent(key)}@${where}/?authSource=local&${option}`;
  return new Mongo(`${address}&serverSelectionTimeoutMS=10000`).getDB('admin');
};

/** Tries for five minutes: members start side by side, and names resolve once their pods have addresses. */
const patiently = (what, attempt) => {
  for (let tries = 1; ; tries += 1) {
    try {
      const result = attempt();
      return result;
    } catch (error) {
      if (tries === 60) throw error;
      print(`${what}: ${error.message}`);
      sleep(5000);
    }
  }
};

/** Whether the member knows a set; that it has no configuration yet is an answer too. */
const isInitiated = (host) => {
  try {
    admin(host, 'directConnection=true').adminCommand({ replSetGetConfig: 1 });
    return true;
  } catch (error) {
    if (error.codeName === 'NotYetInitialized') return false;
    throw error;
  }
};

/** Makes the user, or gives it the password and the roles that it is to have. */
const ensureUser = (database, user, roles) => {
  const settings = { roles, pwd: fs.readFileSync(`${PASSWORDS}/${user}`, 'utf8').trim() };
  if (database.getUser(user) === null) {
    database.createUser({ user, ...settings });
    print(`${user}: made`);
  } else {
    database.updateUser(user, settings);
    print(`${user}: up to date`);
  }
};

// Only when no member knows a set: one that has lost its disk gets everything back from the others by itself.
let initiated = false;
for (const host of hosts) {
  const known = patiently(host, () => isInitiated(host));
  initiated = initiated || known;
}
if (!initiated) {
  const members = [];
  for (const host of hosts) members.push({ _id: members.length, host });
  admin(hosts[0], 'directConnection=true').adminCommand({ replSetInitiate: { _id: 'rs0', members } });
  print('the replica set is made');
}

patiently('users', () => {
  const set = admin(hosts.join(','), 'replicaSet=rs0');
  // Each service writes its own database and sees no other.
  for (const service of ['auth', 'event', 'ticket', 'payment']) {
    const database = set.getSiblingDB(`${service}_db`);
    ensureUser(database, service, [{ role: 'readWrite', db: `${service}_db` }]);
  }
  ensureUser(set, 'backup', [{ role: 'backup', db: 'admin' }]);
});
