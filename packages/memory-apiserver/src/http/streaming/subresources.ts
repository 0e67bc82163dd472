const STREAMING = ['log', 'exec', 'attach', 'portforward', 'proxy'] as const;

export type StreamingSubresource = (typeof STREAMING)[number];

/** True for subresources that are no objects but streams to and from what runs in a pod or behind a service. */
export const isStreaming = (subresource: string): subresource is StreamingSubresource =>
  (STREAMING as readonly string[]).includes(subresource);
