import type { Pod } from '../../pods/pod.js';
import { getObject } from '../../registry/context.js';
import type { Exchange } from '../exchange.js';
import type { HandlerContext } from '../resource-handlers.js';
import type { ResourceRequest } from '../resource-request.js';
import { sendError } from '../respond.js';
import { attachHandler, execHandler } from './exec-handler.js';
import { logHandler } from './log-handler.js';
import { portForwardHandler } from './port-forward-handler.js';
import { proxyHandler } from './proxy-handler.js';
import type { StreamingSubresource } from './subresources.js';

/** Answers a request of a subresource that is a stream, of the pod or Service as it is now. */
export function streamingHandler(
  { registry: { context } }: HandlerContext,
  exchange: Exchange,
  { resource, namespace, path }: ResourceRequest,
  subresource: StreamingSubresource,
): void {
  if (subresource === 'proxy') return proxyHandler(exchange, context, resource, namespace, path.name);
  const pod = getObject(context, resource, namespace, path.name) as Pod;
  switch (subresource) {
    case 'log':
      logHandler(exchange, context, pod).catch((error: unknown) => sendError(exchange, error));
      return;
    case 'exec':
      return execHandler(exchange, context, pod);
    case 'attach':
      return attachHandler(exchange, context, pod);
    case 'portforward':
      return portForwardHandler(exchange, pod);
  }
}
