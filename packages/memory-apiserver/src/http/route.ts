/** A request path below `/api` or `/apis`, taken apart. */
export interface ResourcePath {
  group: string;
  version: string;
  /** `''` for all namespaces or a cluster-scoped resource. */
  namespace: string;
  plural: string;
  /** `''` for the collection. */
  name: string;
  subresource: string;
  /** What stands behind the subresource (`pods/x/proxy/<path>`). */
  rest: string;
  /** The old way to ask for a watch: `/api/v1/watch/pods`. */
  watch: boolean;
}

/**
 * Takes a resource path apart: k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`. Undefined for paths of
 * discovery documents and for everything else. Segments are percent-decoded; malformed ones give undefined.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = decodeSegments(path);
  if (parts === undefined) return undefined;
  let at: number;
  let [group, version] = ['', ''];
  if (parts[0] === 'api') {
    version = parts[1] ?? '';
    at = 2;
  } else if (parts[0] === 'apis') {
    group = parts[1] ?? '';
    version = parts[2] ?? '';
    at = 3;
  } else {
    return undefined;
  }
  if (parts.length <= at) return undefined;
  const watch = parts[at] === 'watch' && parts.length > at + 1;
  if (watch) at += 1;
  // `namespaces/x/pods` is about pods, `namespaces/x` and `namespaces/x/status` about the namespace.
  let namespace = '';
  const third = parts[at + 2];
  if (parts[at] === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize') {
    namespace = parts[at + 1] ?? '';
    at += 2;
  }
  const [plural = '', name = '', subresource = '', ...rest] = parts.slice(at);
  return { group, version, namespace, plural, name, subresource, rest: rest.join('/'), watch };
}

/** The path as Go's `URL.Path` has it; malformed ones as they are. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function decodeSegments(path: string): string[] | undefined {
  const parts = path.split('/');
  if (parts[0] !== '') return undefined;
  parts.shift();
  if (parts.at(-1) === '') parts.pop();
  if (!path.includes('%')) return parts;
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}
