import { ApiError } from '../../errors.js';
import type { Pod } from '../../pods/pod.js';
import { ConnectionRefused, podPort } from '../../pods/pod-port.js';
import type { Exchange } from '../exchange.js';
import { checkScheduled } from './container-selection.js';
import { serveConnection } from './pod-http-server.js';
import { forwardPorts, PORT_FORWARD, TUNNELLED_PORT_FORWARD, type Dial } from './port-forward.js';
import { chooseStreamProtocol, streamProtocolHeaders } from './spdy-streams.js';
import { switchTo, upgradeRequired, wantsSpdy, wantsWebSocket } from './upgrade.js';
import { chooseProtocol, openWebSocket } from './websocket.js';
import { ws } from './ws.js';

/** `pods/x/portforward`: connections to a pod's ports, over SPDY or SPDY in a WebSocket. Throws BadRequest, Forbidden. */
export function portForwardHandler(exchange: Exchange, pod: Pod): void {
  const { request, response, upgrade } = exchange;
  checkScheduled(pod);
  if (upgrade === undefined) throw upgradeRequired();
  if (pod.status?.phase !== 'Running') {
    const { namespace = '', name } = pod.metadata;
    const message = `unable to upgrade connection: pod not found ("${name}_${namespace}")`;
    throw new ApiError(500, 'InternalError', message, {});
  }
  const what = `${pod.metadata.name}, uid ${pod.metadata.uid ?? ''}`;
  const dial: Dial = (port, connection) => {
    try {
      serveConnection(connection, podPort(pod, port));
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      throw new Error(`failed to connect to localhost:${port} inside namespace: ${error.message}`);
    }
  };
  if (wantsWebSocket(request)) {
    const protocol = chooseProtocol(request, [TUNNELLED_PORT_FORWARD]);
    openWebSocket(request, response, upgrade, protocol, (client) =>
      forwardPorts(ws().createWebSocketStream(client), what, dial),
    );
  } else if (wantsSpdy(request)) {
    const protocol = chooseStreamProtocol(request, response, [PORT_FORWARD]);
    forwardPorts(switchTo('SPDY/3.1', response, upgrade, streamProtocolHeaders(protocol)), what, dial);
  } else throw upgradeRequired();
}
