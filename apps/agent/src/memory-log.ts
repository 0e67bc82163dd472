import type { Logger } from './logger.js';

const MIB = 1024 * 1024;

/** Logs the process's memory each `intervalSec` seconds (`MemLogIntervalSec`); 0 logs nothing. Returns how to stop. */
export function startMemoryLog(intervalSec: number, logger: Logger, clusterCount: () => number): () => void {
  if (intervalSec <= 0) return () => undefined;
  const timer = setInterval(() => {
    const usage = process.memoryUsage();
    const inMiB = (bytes: number): number => Math.round((bytes / MIB) * 10) / 10;
    logger.info(
      {
        clusters: clusterCount(),
        rssMiB: inMiB(usage.rss),
        heapUsedMiB: inMiB(usage.heapUsed),
        heapTotalMiB: inMiB(usage.heapTotal),
        externalMiB: inMiB(usage.external),
        arrayBuffersMiB: inMiB(usage.arrayBuffers),
      },
      'memory',
    );
  }, intervalSec * 1000);
  timer.unref();
  return () => clearInterval(timer);
}
