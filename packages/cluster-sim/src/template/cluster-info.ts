/**
 * The seeds' description of a cluster: the format of `config/cluster.yaml` and of `GET /clusters/{name}`.
 * Ages are durations as kubectl prints them (`42h`, `3d4h`); `data` of secrets and config maps is a count.
 */
export interface ClusterInfo {
  name: string;
  clusterID?: string;
  status?: string;
  nodes?: NodeInfo[];
  pods?: PodInfo[];
  services?: ServiceInfo[];
  secrets?: SecretInfo[];
  configmaps?: ConfigMapInfo[];
  deployments?: DeploymentInfo[];
}

export interface NodeInfo {
  name: string;
  status?: string;
  roles?: string[];
  age?: string;
  version?: string;
  internalIP?: string;
  externalIP?: string;
  osImage?: string;
  kernelVer?: string;
  containerRuntime?: string;
  capacity?: Record<string, string>;
  allocatable?: Record<string, string>;
}

export interface PodInfo {
  name: string;
  namespace?: string;
  /** `Running`, `Completed`, `Pending`, … as kubectl shows it. */
  status?: string;
  /** `1/1`. */
  ready?: string;
  restarts?: number;
  age?: string;
  ip?: string;
  node?: string;
  labels?: Record<string, string>;
  /** Template only: container image, resource requests and limits (`cpu: 100m`) of its first container. */
  image?: string;
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export interface ServiceInfo {
  name: string;
  namespace?: string;
  type?: string;
  clusterIP?: string;
  /** Comma separated. */
  externalIP?: string;
  /** As kubectl prints them: `80:32522/TCP,443:32443/TCP`. */
  ports?: string;
  age?: string;
  /** In the template also the selector, as the earlier program's sample has it. */
  labels?: Record<string, string>;
}

export interface SecretInfo {
  name: string;
  namespace?: string;
  type?: string;
  data?: number;
  dataKeys?: string[];
  age?: string;
}

export interface ConfigMapInfo {
  name: string;
  namespace?: string;
  data?: number;
  dataKeys?: string[];
  age?: string;
}

export interface DeploymentInfo {
  name: string;
  namespace?: string;
  /** `2/2`: ready of wished. */
  ready?: string;
  upToDate?: string;
  available?: string;
  age?: string;
  labels?: Record<string, string>;
  /** Template only: container image, resource requests and limits of each of its pods. */
  image?: string;
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}
