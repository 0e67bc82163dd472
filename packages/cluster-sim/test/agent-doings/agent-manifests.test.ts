import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentManifests } from '../../src/agent-doings/agent-manifests.js';
import { temporaryFolder } from '../temporary.js';

const open = async (folder?: string): Promise<{ folder: string; manifests: AgentManifests }> => {
  const path = folder ?? join(await temporaryFolder(), 'agent-manifests');
  return { folder: path, manifests: await AgentManifests.open(path) };
};

describe('manifests of the agent on disk', () => {
  it('are found by their hash in every life, and are nobody else’s to read', async () => {
    const { folder, manifests } = await open();
    const [hash = '', other = ''] = [await manifests.add('one'), await manifests.add('two')];
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(other).not.toBe(hash);
    const [file = ''] = (await readdir(folder)).filter((each) => each.startsWith(hash));
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const later = await open(folder);
    expect([later.manifests.get(hash), later.manifests.get(other)]).toEqual(['one', 'two']);
    expect(later.manifests.get('0123456789abcdef')).toBeUndefined();
    expect(await later.manifests.add('one')).toBe(hash);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('are there for whoever has been given the hash, also of many that add the same at once', async () => {
    const { folder, manifests } = await open();
    const hashes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const hash = (await manifests.add('same')) ?? '';
        expect(await readFile(join(folder, `${hash}.jsonl`), 'utf8')).toBe('same');
        return hash;
      }),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('are not used when something else is in the file, and can be added anew', async () => {
    const { folder, manifests } = await open();
    const hash = (await manifests.add('good')) ?? '';
    const file = join(folder, `${hash}.jsonl`);
    await writeFile(file, 'goo');
    const later = (await open(folder)).manifests;
    expect(later.get(hash)).toBeUndefined();
    expect(await later.add('good')).toBe(hash);
    expect(later.get(hash)).toBe('good');
    expect(await readFile(file, 'utf8')).toBe('good');
  });

  it('are kept up to a number, and no longer than they are needed', async () => {
    const { folder, manifests } = await open();
    const added = await Promise.all(Array.from({ length: 20 }, (_, index) => manifests.add(`m${index}`)));
    const hashes = added.filter((hash) => hash !== undefined);
    expect(hashes).toHaveLength(16);
    expect(await manifests.add('one more')).toBeUndefined();
    expect(await manifests.add('m3')).toBe(hashes[3]);
    await manifests.keepOnly(new Set(hashes.slice(0, 2)));
    expect((await readdir(folder)).sort()).toEqual(
      hashes
        .slice(0, 2)
        .map((hash) => `${hash}.jsonl`)
        .sort(),
    );
    expect(manifests.get(hashes[3] ?? '')).toBeUndefined();
    expect(await manifests.add('one more')).toBeDefined();
  });

  it('say that they could not be written, and try again', async () => {
    const { folder, manifests } = await open();
    const hash = (await (await open()).manifests.add('text')) ?? '';
    const inTheWay = join(folder, `${hash}.jsonl.tmp`);
    await mkdir(inTheWay);
    await expect(manifests.add('text')).rejects.toThrow(/EISDIR/);
    expect(manifests.get(hash)).toBeUndefined();
    await rm(inTheWay, { recursive: true });
    expect(await manifests.add('text')).toBe(hash);
  });
});
