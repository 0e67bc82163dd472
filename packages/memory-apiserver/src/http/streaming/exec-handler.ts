import type { RegistryContext } from '../../registry/context.js';
import { badRequest } from '../../errors.js';
import { logLines } from '../../pods/container-log.js';
import type { Container, Pod } from '../../pods/pod.js';
import { endContainer } from '../../registry/pod-actions.js';
import { runProcess } from '../../pods/run-process.js';
import { NoSuchProgram } from '../../pods/shell/process.js';
import { isShell } from '../../pods/shell/builtins.js';
import { mainCommand, simulatedContainer, type SimulatedContainer } from '../../pods/simulated-container.js';
import type { Exchange } from '../exchange.js';
import { isTrue } from '../resource-request.js';
import { channelStreams, commandProtocols } from './channel-streams.js';
import { onContainerEnd } from './container-end.js';
import { checkRunning, checkScheduled, selectContainer } from './container-selection.js';
import type { RemoteStatus, RemoteStreams, StreamOptions } from './remote-streams.js';
import {
  chooseStreamProtocol,
  spdyCommandProtocols,
  spdyStreams,
  streamProtocolHeaders,
} from './spdy-streams.js';
import { switchTo, upgradeRequired, wantsSpdy, wantsWebSocket, type Upgrade } from './upgrade.js';
import { chooseProtocol, openWebSocket } from './websocket.js';

/** `pods/x/exec`: runs a command in a container. Throws BadRequest, Forbidden, InternalError. */
export function execHandler(exchange: Exchange, context: RegistryContext, pod: Pod): void {
  const { query } = exchange;
  const command = query.getAll('command');
  const container = selected(exchange, context, pod);
  const upgrade = upgradeOf(exchange);
  const options = optionsOf(query);
  if (command.length === 0) throw badRequest('you must specify at least one command for the container');
  openStreams(exchange, upgrade, options, (streams) => {
    void runProcess(container, command, { ...streams, tty: options.tty })
      .then((code) => exitStatus(code), failure)
      .then((status) => streams.end(status));
  });
}

/** `pods/x/attach`: joins a container's own process. A shell is talked to, others just go on. */
export function attachHandler(exchange: Exchange, context: RegistryContext, pod: Pod): void {
  const container = selected(exchange, context, pod);
  const upgrade = upgradeOf(exchange);
  const options = optionsOf(exchange.query);
  openStreams(exchange, upgrade, options, (streams) => {
    const command = mainCommand(container);
    if (streams.stdin !== undefined && isShell(command[0] ?? '')) {
      void runProcess(container, command, { ...streams, tty: options.tty })
        .then((code) => {
          // Who only hangs up leaves the shell as it is.
          if (!streams.signal.aborted) endContainer(context, pod.metadata, container.container.name, code);
          // How the program ended is for the pod to say: attaching went well.
          return exitStatus(0);
        }, failure)
        .then((status) => streams.end(status));
    } else watchOutput(context, container, streams);
  });
}

function selected(exchange: Exchange, context: RegistryContext, pod: Pod): SimulatedContainer {
  const container: Container = selectContainer(pod, exchange.query.get('container') ?? '');
  checkScheduled(pod);
  checkRunning(pod, container);
  return simulatedContainer(context, pod, container);
}

function upgradeOf({ upgrade }: Exchange): Upgrade {
  if (upgrade === undefined) throw upgradeRequired();
  return upgrade;
}

function optionsOf(query: URLSearchParams): StreamOptions {
  const tty = isTrue(query.get('tty'));
  const options = {
    stdin: isTrue(query.get('stdin')),
    stdout: isTrue(query.get('stdout')),
    // A terminal has one screen for both.
    stderr: isTrue(query.get('stderr')) && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

function openStreams(
  { request, response }: Exchange,
  upgrade: Upgrade,
  options: StreamOptions,
  onReady: (streams: RemoteStreams) => void,
): void {
  if (wantsWebSocket(request)) {
    const protocol = chooseProtocol(request, commandProtocols);
    openWebSocket(request, response, upgrade, protocol, (client) =>
      onReady(channelStreams(client, protocol, options)),
    );
  } else if (wantsSpdy(request)) {
    const protocol = chooseStreamProtocol(request, response, spdyCommandProtocols);
    const socket = switchTo('SPDY/3.1', response, upgrade, streamProtocolHeaders(protocol));
    spdyStreams(socket, protocol, options, onReady);
  } else throw upgradeRequired();
}

/** `ServeExec` of k8s.io/kubelet `pkg/cri/streaming/remotecommand/exec.go`. */
function exitStatus(code: number): RemoteStatus {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** What a container runtime says of a program that isn't there. */
function failure(error: unknown): RemoteStatus {
  const why =
    error instanceof NoSuchProgram
      ? `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}: unknown`
      : (error as Error).message;
  const message = `error executing command in container: ${why}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** What a program prints from now on: heartbeats, or at its end what one that ends has had to say. */
function watchOutput(context: RegistryContext, container: SimulatedContainer, streams: RemoteStreams): void {
  const { stdout, stdin, signal } = streams;
  const { heartbeat } = container.script;
  stdin?.resume();
  const timer =
    heartbeat === undefined
      ? undefined
      : setInterval(() => {
          if (stdout?.writableNeedDrain === false) stdout.write(`${heartbeat.line}\n`);
        }, heartbeat.seconds * 1000);
  const stop = onContainerEnd(context, container, (isGone) => {
    clearInterval(timer);
    void (isGone || heartbeat !== undefined ? Promise.resolve([]) : logLines(container, {}))
      .then((lines) => stdout?.write(lines.map(({ text }) => `${text}\n`).join('')))
      .then(() => streams.end(exitStatus(0)));
  });
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
      stop();
    },
    { once: true },
  );
}
