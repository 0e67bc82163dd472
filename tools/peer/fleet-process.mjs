// One fleet in a process of its own, driven by messages of its parent: the parent may kill it at any moment.
import { Fleet, loadSettings } from '@scale-cluster/cluster-sim';

const level = process.env.FLEET_LOG ?? '';
const plain = (_key, value) => (value instanceof Error ? value.message : value);
const say = (object, message) => process.stderr.write(`${message} ${JSON.stringify(object, plain)}\n`);
const quiet = () => undefined;
const logger = {
  debug: level === 'debug' ? say : quiet,
  info: level !== '' ? say : quiet,
  warn: level !== 'silent' ? say : quiet,
  error: say,
};

const settings = loadSettings({ onWarning: (text) => say({}, text) });
const fleet = await Fleet.open({ settings, logger });
fleet.start();

const calls = {
  create: (names) => fleet.createMany(names),
  delete: (names) => fleet.deleteMany(names),
  names: () => fleet.names(),
  summary: () => fleet.summary(),
  list: (query) => fleet.list(query),
  info: (name) => fleet.clusterInfo(name),
  kubeconfig: (name) => fleet.kubeconfig(name),
  close: () => fleet.close(),
};

process.on('message', async ({ id, call, argument }) => {
  try {
    process.send({ id, result: (await calls[call](argument)) ?? null });
  } catch (error) {
    process.send({ id, error: error.message });
  }
  if (call === 'close') process.exit(0);
});
process.send({ ready: true });
