import {
  BinaryMissingError,
  ClusterExistsError,
  ClusterNotFoundError,
  ClusterNotReadyError,
  CommandError,
  type KwokDriverError,
  PortInUseError,
} from './errors.js';
import { parseKwokctlLog, reasonOf } from './kwokctl-log.js';

/**
 * Turns the failure of a kwokctl command into the class that says what happened; anything but a plain CommandError
 * is returned as it is.
 */
export function mapKwokctlError(error: unknown, cluster?: string): unknown {
  if (!(error instanceof CommandError) || error.code !== 'ERR_KWOK_COMMAND') return error;
  const entries = parseKwokctlLog(error.stderrTail);
  const options = { cluster, cause: error };
  if (cluster !== undefined && isUnknownCluster(error.stderrTail, entries)) {
    return new ClusterNotFoundError(cluster, options);
  }
  const port = findPortInUse(error.stderrTail);
  if (port !== undefined) return new PortInUseError(port, 'a component', options);
  const reason = reasonOf(entries);
  const binary = missingBinary(reason);
  if (binary !== undefined) {
    return new BinaryMissingError(binary, `kwokctl needs ${binary} and can't get it: ${reason}`, options);
  }
  return new CommandError(`${error.command}: ${reason}`, {
    command: error.command,
    exitCode: error.exitCode,
    stderrTail: error.stderrTail,
    ...options,
  });
}

/** What went wrong although kwokctl exited with 0, if anything did (kwok `pkg/kwokctl/cmd/create/cluster`). */
export function findSilentFailure(
  stderr: string,
  about: { command: string; cluster: string },
): KwokDriverError | undefined {
  const entries = parseKwokctlLog(stderr);
  if (entries.some(({ msg }) => msg === 'Cluster already exists'))
    return new ClusterExistsError(about.cluster);
  const failed = entries.find(({ msg }) => msg === 'Failed to wait for cluster to be ready');
  if (failed === undefined) return undefined;
  return new ClusterNotReadyError(`cluster "${about.cluster}" didn't get ready: ${failed.err}`, {
    ...about,
    exitCode: 0,
    stderrTail: stderr.slice(-4000),
  });
}

/** Whether kwokctl said, in a run that may have succeeded (`delete`), that it knows no such cluster. */
export function saysClusterIsUnknown(stderr: string): boolean {
  return isUnknownCluster(stderr, parseKwokctlLog(stderr));
}

function isUnknownCluster(stderr: string, entries: ReturnType<typeof parseKwokctlLog>): boolean {
  return (
    entries.some(({ msg }) => msg === 'Cluster does not exist') ||
    // etcdctl says only that its cluster's kwok.yaml isn't there.
    /clusters[/\\][^/\\]+[/\\]kwok\.yaml: no such file/.test(stderr)
  );
}

/** The port in Go's words for EADDRINUSE: `listen tcp 0.0.0.0:6443: bind: address already in use`. */
export function findPortInUse(text: string): number | undefined {
  const match = /:(\d{1,5}):? bind: address already in use/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The program in `…/bin/etcdctl` or a download's URL when getting it failed. */
function missingBinary(reason: string): string | undefined {
  const download = /(?:Get|Head) "https?:\/\/[^"]*\/([\w.-]+)(?:#([\w-]+))?"/.exec(reason);
  if (download !== null) return download[2] ?? download[1]!;
  return /exec: "([^"]+)": executable file not found/.exec(reason)?.[1];
}
