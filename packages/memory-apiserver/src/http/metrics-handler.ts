import { OBJECT_TYPES, negotiate, notAcceptable } from './media-type.js';
import { notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { addUsage, containerUsage, usageQuantities, type Usage } from '../pods/usage.js';
import type { Pod } from '../pods/pod.js';
import type { ListOptions } from '../registry/api.js';
import { timestamp } from '../store/identity.js';
import { objectText } from '../store/text.js';
import type { Exchange } from './exchange.js';
import type { HandlerContext } from './resource-handlers.js';
import { renderer } from './resource-handlers.js';
import type { ResourceRequest } from './resource-request.js';
import { send } from './respond.js';

/** Seconds that the figures are an average of; `--metric-resolution` of metrics-server. */
const WINDOW = '15s';

/** `metrics.k8s.io`: figures made of what pods request. Throws NotFound, BadRequest, NotAcceptable. */
export function metricsHandler(about: HandlerContext, exchange: Exchange, target: ResourceRequest): void {
  const { resource, path } = target;
  const accepted = negotiate(exchange.request.headers.accept, {
    metadata: true,
    tables: true,
    protobuf: false,
  });
  if (accepted === undefined) throw notAcceptable(OBJECT_TYPES);
  exchange.accepted = accepted;
  const { labelSelector, fieldSelector } = Object.fromEntries(exchange.query);
  const fields = path.name === '' ? fieldSelector : `metadata.name=${path.name}`;
  const options: ListOptions = {
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    ...(labelSelector ? { labelSelector } : {}),
    ...(fields ? { fieldSelector: fields } : {}),
  };
  const texts = (resource.plural === 'nodes' ? nodeMetrics : podMetrics)(about, options).map(objectText);
  const form = renderer(about, exchange, resource);
  if (path.name === '')
    return send(exchange, 200, form.list(texts, { revision: about.registry.context.store.revision }));
  const [text] = texts;
  if (text === undefined) throw notFound(resource, path.name);
  send(exchange, 200, form.object(text));
}

const runningPods = ({ registry }: HandlerContext, options: ListOptions): Pod[] =>
  (registry.list('pods', options) as Pod[]).filter(({ status }) => status?.phase === 'Running');

function podMetrics(about: HandlerContext, options: ListOptions): KubeObject[] {
  return runningPods(about, options).map((pod) =>
    metrics(about, 'PodMetrics', pod, {
      containers: pod.spec.containers.map((container) => ({
        name: container.name,
        usage: usageQuantities(containerUsage(pod, container)),
      })),
    }),
  );
}

function nodeMetrics(about: HandlerContext, options: ListOptions): KubeObject[] {
  const byNode = new Map<string, Usage>();
  for (const pod of runningPods(about, {})) {
    const { nodeName = '' } = pod.spec;
    for (const container of pod.spec.containers) {
      const before = byNode.get(nodeName) ?? { cpu: 0n, memory: 0n };
      byNode.set(nodeName, addUsage(before, containerUsage(pod, container)));
    }
  }
  return about.registry.list('nodes', options).map((node) =>
    metrics(about, 'NodeMetrics', node, {
      usage: usageQuantities(byNode.get(node.metadata.name) ?? { cpu: 0n, memory: 0n }),
    }),
  );
}

function metrics(
  { environment }: HandlerContext,
  kind: string,
  { metadata: { name, namespace, labels } }: KubeObject,
  figures: object,
): KubeObject {
  const now = timestamp(environment.now());
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: now,
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: now,
    window: WINDOW,
    ...figures,
  };
}
