/** What `wait` resolves to, or `undefined` as soon as the agent begins to shut down. */
export async function orWhenClosing<T>(wait: Promise<T>, closing: AbortSignal): Promise<T | undefined> {
  if (closing.aborted) return undefined;
  let stop: (() => void) | undefined;
  const closed = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    closing.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([wait, closed]);
  } finally {
    if (stop) closing.removeEventListener('abort', stop);
  }
}
