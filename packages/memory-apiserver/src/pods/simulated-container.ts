import type { RegistryContext } from '../registry/context.js';
import { containerFiles, type FileTree } from './container-files.js';
import { containerEnvironment, expandReferences } from './environment.js';
import { hostnameOf, type Container, type Pod } from './pod.js';
import { podScript, type PodScript } from './pod-script.js';

/** What processes in a container find there; made for each client that asks, kept by nobody. */
export interface SimulatedContainer {
  readonly pod: Pod;
  readonly container: Container;
  readonly script: PodScript;
  readonly files: FileTree;
  readonly environment: ReadonlyMap<string, string>;
  readonly hostname: string;
  readonly now: () => number;
}

/** Throws BadRequest for a pod script that can't be read. */
export function simulatedContainer(
  context: RegistryContext,
  pod: Pod,
  container: Container,
): SimulatedContainer {
  const script = podScript(pod, container.name);
  return {
    pod,
    container,
    script,
    files: containerFiles(context, pod, container, script),
    environment: containerEnvironment(context, pod, container),
    hostname: hostnameOf(pod),
    now: context.now,
  };
}

/** What the container runs, as far as the pod says it; without `command` only the image knows. */
export function mainCommand({ container, environment }: SimulatedContainer): string[] {
  const { command = [], args = [] } = container;
  return [...command, ...args].map((word) => expandReferences(word, environment));
}
