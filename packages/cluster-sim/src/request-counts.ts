import type { RequestInfo } from './backend/backend.js';

/** Requests that APIs of clusters have answered. Plain data. */
export interface RequestFigures {
  total: number;
  bytesOut: number;
  /** By `verb code`, such as `watch 200`. */
  byVerbAndCode: Record<string, number>;
}

/** Counts requests that the APIs of clusters have answered. */
export class RequestCounts {
  readonly #byVerbAndCode = new Map<string, number>();
  #total = 0;
  #bytesOut = 0;

  add({ verb, code, bytes }: RequestInfo): void {
    this.#total += 1;
    this.#bytesOut += bytes;
    const key = `${verb} ${code}`;
    this.#byVerbAndCode.set(key, (this.#byVerbAndCode.get(key) ?? 0) + 1);
  }

  get figures(): RequestFigures {
    return {
      total: this.#total,
      bytesOut: this.#bytesOut,
      byVerbAndCode: Object.fromEntries(this.#byVerbAndCode),
    };
  }
}

export const noRequests: RequestFigures = { total: 0, bytesOut: 0, byVerbAndCode: {} };

/** Sums, verbs in their order. */
export function sumRequests(all: readonly RequestFigures[]): RequestFigures {
  const byVerbAndCode: Record<string, number> = {};
  for (const key of [...new Set(all.flatMap((one) => Object.keys(one.byVerbAndCode)))].sort())
    byVerbAndCode[key] = all.reduce((sum, one) => sum + (one.byVerbAndCode[key] ?? 0), 0);
  return {
    total: all.reduce((sum, one) => sum + one.total, 0),
    bytesOut: all.reduce((sum, one) => sum + one.bytesOut, 0),
    byVerbAndCode,
  };
}
