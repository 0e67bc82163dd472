import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TemplateError, UnknownTemplateError } from '../../src/errors.js';
import { TemplateSet } from '../../src/template/template-set.js';
import { temporaryFolder } from '../temporary.js';

async function setup(): Promise<{ set: TemplateSet; write: (file: string, text: string) => Promise<void> }> {
  const home = await temporaryFolder();
  const folder = join(home, 'templates');
  const set = new TemplateSet({ defaultFile: join(home, 'cluster.yaml'), folder });
  expect(existsSync(join(home, 'cluster.yaml'))).toBe(true);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, file), text);
  };
  return { set, write };
}

const oneNode = 'nodes: [{ name: n1 }]\n';

describe('the templates of a home', () => {
  it('are the default one alone while there is no folder', async () => {
    const { set } = await setup();
    expect(set.names()).toEqual(['default']);
    expect(set.get()).toBe(set.get('default'));
    expect(set.get().nodeCount).toBe(2);
  });

  it('are read when they are needed first, also those written since the start, and then stay as they were', async () => {
    const { set, write } = await setup();
    expect(() => set.get('edge')).toThrow(UnknownTemplateError);
    await write('edge.yaml', oneNode);
    expect(set.loaded('edge')).toBeUndefined();
    const edge = set.get('edge');
    expect(edge.nodeCount).toBe(1);
    await write('edge.yaml', 'nodes: [{ name: n1 }, { name: n2 }]\n');
    expect(set.get('edge')).toBe(edge);
    expect(set.loaded('edge')).toBe(edge);
  });

  it('are listed by name, without files that no name can mean', async () => {
    const { set, write } = await setup();
    for (const file of ['b.yaml', 'a.yaml', 'default.yaml', 'notes.txt', 'Bad Name.yaml', '.hidden.yaml'])
      await write(file, oneNode);
    expect(set.names()).toEqual(['default', 'a', 'b']);
  });

  it('name the ones there are when another is asked for', async () => {
    const { set, write } = await setup();
    await write('edge.yaml', oneNode);
    expect(() => set.get('egde')).toThrow('there is no template "egde"; known are default, edge');
  });

  it.each(['../cluster', 'a/b', '', '.', 'A', 'edge.yaml', '/etc/passwd'])(
    'never lead out of their folder: %j is unknown',
    async (name) => {
      const { set, write } = await setup();
      await write('edge.yaml', oneNode);
      expect(() => set.get(name)).toThrow(UnknownTemplateError);
    },
  );

  it('are tried again after a mistake in them was put right', async () => {
    const { set, write } = await setup();
    await write('edge.yaml', 'nodes: [{ nam: n1 }]\n');
    expect(() => set.get('edge')).toThrow(TemplateError);
    expect(() => set.get('edge')).toThrow(/edge\.yaml:1: nodes\[0\]: name is missing/);
    await write('edge.yaml', oneNode);
    expect(set.get('edge').nodeCount).toBe(1);
  });
});
