import { Command } from 'commander';
import { addCompletion } from './commands/completion.js';
import { addCreate } from './commands/create.js';
import { addDelete } from './commands/delete.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addGet } from './commands/get.js';
import { addKubeconfig } from './commands/kubeconfig.js';
import { addList } from './commands/list.js';
import { addRun } from './commands/run.js';
import { addStatus } from './commands/status.js';
import { addTemplate } from './commands/template.js';
import { addVersion } from './commands/version.js';
import { addWatch } from './commands/watch.js';
import { version } from './version.js';

/** The whole command line; commands report failures by throwing. */
export function buildProgram(): Command {
  const program = new Command('scale-cluster')
    .description('Simulate thousands of Kubernetes clusters and register each with Rancher.')
    .version(version)
    .exitOverride()
    // Printed by main(), as a sentence or as JSON.
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      'after',
      `
Variables:
  SCALE_AGENT_URL     address of the agent (default: http://127.0.0.1:9090)
  SCALE_AGENT_APIKEY  the APIKey in its settings

Examples:
  scale-cluster demo                                     everything on this machine, without a Rancher
  scale-cluster run                                      the agent, in the foreground
  scale-cluster create --prefix edge --count 100 --wait  a hundred clusters, until Rancher calls them active
  scale-cluster kubeconfig edge-0001 -o edge.yaml        then: kubectl --kubeconfig edge.yaml get pods -A`,
    );
  for (const add of [
    addRun,
    addCreate,
    addList,
    addGet,
    addDelete,
    addWatch,
    addStatus,
    addKubeconfig,
    addTemplate,
    addDoctor,
    addDemo,
    addCompletion,
    addVersion,
  ]) {
    add(program);
  }
  return program;
}
