/** What a request asks for, as kube-apiserver's own metrics name it. */
export interface AskedFor {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; else the method in lower case. */
  verb: string;
  /** `pods`, `pods/log`, `deployments.apps`; `''` for paths that aren't of resources. */
  resource: string;
}

const writes: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** Reads verb and resource off a request line (k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`). */
export function askedFor(method: string, url: string): AskedFor {
  const end = url.indexOf('?');
  const steps = (end < 0 ? url : url.slice(0, end)).split('/').filter((step) => step !== '');
  const [root] = steps;
  const isResource = (root === 'api' && steps.length > 2) || (root === 'apis' && steps.length > 3);
  if (!isResource) return { verb: method.toLowerCase(), resource: '' };
  const group = root === 'apis' ? (steps[1] ?? '') : '';
  let rest = steps.slice(root === 'apis' ? 3 : 2);
  // /watch/pods is the old form of ?watch=true.
  const oldWatch = rest[0] === 'watch';
  if (oldWatch) rest = rest.slice(1);
  // /namespaces/x/pods is of pods, /namespaces/x and /namespaces/x/finalize are of namespaces.
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceParts.has(rest[2] ?? '');
  const [plural = '', name, sub] = inNamespace ? rest.slice(2) : rest;
  const qualified = group === '' ? plural : `${plural}.${group}`;
  const resource = sub === undefined ? qualified : `${qualified}/${sub}`;
  return { verb: verbOf(method, name !== undefined, oldWatch || isWatch(url.slice(end + 1))), resource };
}

const namespaceParts = new Set(['status', 'finalize']);

function verbOf(method: string, named: boolean, watch: boolean): string {
  if (method === 'GET' || method === 'HEAD') return watch ? 'watch' : named ? 'get' : 'list';
  if (method === 'DELETE') return named ? 'delete' : 'deletecollection';
  return writes[method] ?? method.toLowerCase();
}

const isWatch = (query: string): boolean => /(^|&)watch=(true|1)?(&|$)/.test(query);
