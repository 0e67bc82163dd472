/**
 * Method and path of a request as they may stand in logs and errors: no query (filters may hold names, pages hold
 * markers) and no registration token, which is part of the import manifest's path.
 */
export function describeRequest(method: string, path: string): string {
  const query = path.indexOf('?');
  const bare = query === -1 ? path : path.slice(0, query);
  return `${method} ${bare.replace(/(\/v3\/import\/)[^/]*_([^_/]*)$/, '$1[token]_$2')}`;
}

/** `text` without any of the `secrets`, which a server or proxy may have echoed. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (clean, secret) => (secret === '' ? clean : clean.replaceAll(secret, '[redacted]')),
    text,
  );
}
