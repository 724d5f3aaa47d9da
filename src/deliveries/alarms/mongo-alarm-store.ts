import { type ChangeStream, MongoBulkWriteError, MongoClient, ObjectId } from 'mongodb';
import { ALARM_JOB, type AlarmStore, type ReachableListener } from './alarm-store.types.js';

const COLLECTION = 'agendaJobs';
const REOPEN_AFTER_MS = 500;
const DUPLICATE_KEY = 11_000;
// "The $changeStream stage is only supported on replica sets."
const NO_CHANGE_STREAMS = 40_573;

// The last eight bytes of an alarm's _id; the first four are its second.
const ID_SUFFIX = Buffer.from('deliver\0', 'latin1');

/** Opens Agenda's collection in MongoDB; does not wait for the server, which may be away. */
export function openMongoAlarmStore(url: string, onReachable: ReachableListener): AlarmStore {
  const client = new MongoClient(url, {
    appName: 'tendril',
    // Short, so that a server that is away makes calls fail and not wait.
    serverSelectionTimeoutMS: 1500,
    connectTimeoutMS: 1500,
    heartbeatFrequencyMS: 1000,
    maxPoolSize: 10,
  });
  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    onReachable([...newDescription.servers.values()].some((server) => server.isWritable));
  });
  // Stated here because a `journal=` in the URL wins over the same option of the client.
  const db = client.db(databaseName(url), { writeConcern: { w: 'majority', journal: true } });
  const jobs = db.collection(COLLECTION);
  let stopListening = () => Promise.resolve();

  return {
    connection: { kind: 'MongoDB', db },
    async prepare() {
      // A client whose first connection failed stays closed, whatever is asked of it, until it is told to connect.
      await client.connect();
      await jobs.createIndexes([
        { key: { name: 1, 'data.moment': 1 }, name: 'tendrilOneAlarmAMoment', unique: true },
        // As Agenda's own backend makes it, which makes it only once.
        {
          key: { name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 },
          name: 'findAndLockNextJobIndex',
        },
      ]);
    },
    async add(moments) {
      try {
        await jobs.insertMany(moments.map(alarmDocument), { ordered: false });
      } catch (error) {
        if (!isOnlyDuplicates(error)) throw error;
      }
    },
    async removeUntaken(moment) {
      const nobodyComes = [{ nextRunAt: { $lt: moment } }, { nextRunAt: null }];
      const { deletedCount } = await jobs.deleteMany({ name: ALARM_JOB, lockedAt: null, $or: nobodyComes });
      return deletedCount;
    },
    listen(onAlarm) {
      stopListening = listenToInserts(() => db.watch(INSERTED_ALARMS), onAlarm);
    },
    async close() {
      await stopListening();
      await client.close();
    },
  };
}

// Of the whole database and not of the collection: a collection's stream ends for good when the collection is dropped.
const INSERTED_ALARMS = [{ $match: { operationType: 'insert', 'ns.coll': COLLECTION } }];

function listenToInserts(open: () => ChangeStream, onAlarm: () => void): () => Promise<void> {
  let stream: ChangeStream | undefined;
  let reopening: NodeJS.Timeout | undefined;
  let isOver = false;
  const start = () => {
    stream = open();
    stream.on('change', onAlarm);
    stream.on('error', (error: { code?: unknown }) => {
      if (error.code === NO_CHANGE_STREAMS) isOver = true;
    });
    stream.on('close', () => {
      if (!isOver) reopening = setTimeout(start, REOPEN_AFTER_MS);
    });
  };
  start();
  return async () => {
    isOver = true;
    clearTimeout(reopening);
    await stream?.close().catch(() => undefined);
  };
}

/** Agenda's document of a job that has not run; its _id holds the moment, so that even a collection that was dropped, and lost its index, takes each moment once. */
function alarmDocument(moment: Date) {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(Math.floor(moment.getTime() / 1000));
  return {
    _id: new ObjectId(Buffer.concat([seconds, ID_SUFFIX])),
    name: ALARM_JOB,
    type: 'normal',
    priority: 0,
    data: { moment: moment.toISOString() },
    nextRunAt: moment,
    lockedAt: null,
    disabled: null,
  };
}

function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const faults = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return faults.length > 0 && faults.every((fault) => fault.code === DUPLICATE_KEY);
}

// Without a name in the URL the driver would take the database `test`.
function databaseName(url: string): string | undefined {
  const hasName = /^[^/]+:\/\/[^/]+\/[^?]/.test(url);
  return hasName ? undefined : 'tendril';
}
