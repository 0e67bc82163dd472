import { admissionPolicyStatusController } from './admission-policy-status.js';
import { clusterRoleAggregationController } from './cluster-role-aggregation.js';
import type { Controller } from './controller.js';
import { cronJobController } from './cron-job.js';
import { daemonSetController } from './daemon-set.js';
import { deploymentController } from './deployment.js';
import { disruptionController } from './disruption.js';
import { endpointSliceController } from './endpoint-slices.js';
import { endpointsController } from './endpoints.js';
import { eventExpiryController } from './event-expiry.js';
import { garbageCollectorController } from './garbage-collector.js';
import { jobController } from './job.js';
import { kubeletController, type KubeletOptions } from './kubelet.js';
import { namespaceController, rootCaController, serviceAccountController } from './namespace.js';
import { nodeController, type NodeOptions } from './node.js';
import { nodeHeartbeatController, type HeartbeatOptions } from './node-heartbeat.js';
import { persistentVolumeController } from './persistent-volume.js';
import { replicaSetController, replicationControllerController } from './replica-set.js';
import { resourceQuotaController } from './resource-quota.js';
import { schedulerController } from './scheduler.js';
import { serviceAccountTokenController } from './service-account-token.js';
import { stageController } from './stages/stage-controller.js';
import { statefulSetController } from './stateful-set.js';
import { storageProtectionController } from './storage-protection.js';
import { taintEvictionController } from './taint-eviction.js';

export interface BuiltinControllerOptions {
  kubelet?: KubeletOptions;
  node?: NodeOptions;
  heartbeat?: HeartbeatOptions;
}

/** All controllers that a cluster has by default. */
export function builtinControllers(options: BuiltinControllerOptions = {}): Controller[] {
  return [
    namespaceController(),
    serviceAccountController(),
    serviceAccountTokenController(),
    rootCaController(),
    garbageCollectorController(),
    deploymentController(),
    replicaSetController(),
    replicationControllerController(),
    statefulSetController(),
    daemonSetController(),
    jobController(),
    cronJobController(),
    nodeController(options.node),
    nodeHeartbeatController(options.heartbeat),
    taintEvictionController(),
    schedulerController(),
    kubeletController(options.kubelet),
    stageController(),
    endpointsController(),
    endpointSliceController(),
    persistentVolumeController(),
    storageProtectionController(),
    disruptionController(),
    resourceQuotaController(),
    clusterRoleAggregationController(),
    admissionPolicyStatusController(),
    eventExpiryController(),
  ];
}
