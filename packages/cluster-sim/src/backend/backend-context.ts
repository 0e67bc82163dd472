import type { AgentManifests } from '../agent-doings/agent-manifests.js';
import type { Journal } from '../journal/journal.js';
import type { Logger } from '../logger.js';
import type { Pki } from '../pki/pki.js';
import type { Settings } from '../settings/schema.js';
import type { TemplateSet } from '../template/template-set.js';
import type { RequestInfo } from './backend.js';

/** What every backend of a fleet is made with. */
export interface BackendContext {
  settings: Settings;
  templates: Pick<TemplateSet, 'get'>;
  /** What clusters have of Rancher's agent from the start, by `AgentShare.manifest`. @default nothing */
  agentManifests?: Pick<AgentManifests, 'get'>;
  /** Its CA is the one of all clusters in the tunnels: see `BackendCluster.caCert`. */
  pki: Pick<Pki, 'caCert'>;
  /** What clusters with backend `memory` have written, by uid; read as a whole, so nobody else may write to it. */
  journal: Journal;
  /** Signs tokens that are asked for inside clusters in this process; the same after every restart. */
  tokenKey: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** 0 ≤ x < 1. */
  random: () => number;
  logger: Logger;
  /** To be told of every request that a cluster's API has answered. */
  onRequest: (request: RequestInfo) => void;
}
