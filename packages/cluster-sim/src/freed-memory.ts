/** What V8 lets go of in a collection, it gives to the C library only moments later. */
const afterCollectionMs = 1_000;

let trim: Promise<() => void> | undefined;

/**
 * Returns memory to the machine that the C library keeps once it is freed: malloc_trim(3). glibc returns by itself only
 * what lies at the end of an arena, and after thousands of clusters something is always left there.
 *
 * Resolves when it is done, which takes some 0.2 s per GiB, or when nothing can be: with another C
 * library, or without koffi, which calls it.
 */
export async function returnFreedMemory(): Promise<void> {
  trim ??= loadTrim();
  (await trim)();
}

/** The same in a moment, of which nobody need wait. */
export function returnFreedMemorySoon(): void {
  setTimeout(() => void returnFreedMemory(), afterCollectionMs).unref();
}

async function loadTrim(): Promise<() => void> {
  try {
    const { default: koffi } = await import('koffi');
    const mallocTrim = koffi.load(null).func('int malloc_trim(size_t)') as (keptBytes: number) => number;
    return () => void mallocTrim(0);
  } catch {
    return () => undefined;
  }
}
