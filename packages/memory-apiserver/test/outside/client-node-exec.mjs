// Executes `echo hello` in a pod by @kubernetes/client-node. In a process of its own: Vitest would give the client
// the WebSocket of browsers in place of that of Node.
import { Exec, KubeConfig } from '@kubernetes/client-node';

const [kubeconfig, namespace, name] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const command = ['echo', 'hello'];
await new Exec(config).exec(
  namespace,
  name,
  'main',
  command,
  process.stdout,
  null,
  null,
  false,
  ({ status }) => process.stderr.write(status),
);
