/** Where this machine reaches an HTTPS listener: by loopback when it listens on all addresses. */
export function listenerUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `https://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
