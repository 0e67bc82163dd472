import type { Container, Pod } from '../kinds.js';
import { UnknownProgram } from './errors.js';
import type { ProgramEnd } from './script.js';
import { runCommand, runScript } from './script.js';

const never: ProgramEnd = { exitCode: 0, seconds: Infinity };

/**
 * How a container ends by what it is told to run, as far as that can be known without running anything: simple shell
 * scripts, `sleep`, and the pause image. Undefined if it can't.
 */
export function containerProgram(pod: Pod, container: Container): ProgramEnd | undefined {
  const args = [...(container.command ?? []), ...(container.args ?? [])];
  const { image = '' } = container;
  if (container.command === undefined && (args.length === 0 || !lacksEntrypoint(image)))
    return isPause(image) ? never : undefined;
  const [name = '', option, script] = args;
  try {
    return /^(?:\/bin\/)?(?:ba|da)?sh$/.test(name) && /^-e?c$/.test(option ?? '')
      ? runScript(script ?? '', environmentOf(pod, container))
      : runCommand(args);
  } catch (reason) {
    if (reason instanceof UnknownProgram) return undefined;
    throw reason;
  }
}

/** Images of the official library that run their arguments as they are. */
const lacksEntrypoint = (image: string): boolean =>
  /^(?:docker\.io\/)?(?:library\/)?(?:alpine|busybox|debian|ubuntu)(?:[:@]|$)/.test(image);

const isPause = (image: string): boolean => /(?:^|\/)pause(?:[:@]|$)/.test(image);

function environmentOf(pod: Pod, container: Container): Map<string, string> {
  const environment = new Map<string, string>();
  for (const { name, value, valueFrom } of container.env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    environment.set(name, path === undefined ? (value ?? '') : fieldOf(pod, path));
  }
  return environment;
}

/** A field as the downward API gives it (`metadata.annotations['key']`, …). */
function fieldOf({ metadata, spec, status }: Pod, path: string): string {
  const { serviceAccountName } = spec as { serviceAccountName?: string };
  const entry = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (entry !== null) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': serviceAccountName,
    'status.podIP': status?.podIP,
  };
  return fields[path] ?? '';
}
