import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bashCompletion } from '../../src/completion/bash.js';
import { describeCommands } from '../../src/completion/commands.js';
import { fishCompletion } from '../../src/completion/fish.js';
import { zshCompletion } from '../../src/completion/zsh.js';
import { buildProgram } from '../../src/program.js';

const commands = describeCommands(buildProgram());

/** What bash offers after these words, with a scale-cluster that knows two clusters. */
function completeInBash(...words: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'scale-cluster'),
    '#!/bin/sh\n[ "$1 $2" = "list --quiet" ] && printf "edge-0001\\nedge-0002\\n"\n',
    {
      mode: 0o755,
    },
  );
  writeFileSync(join(folder, 'completion.bash'), bashCompletion(commands));
  const script = `source completion.bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _scale_cluster; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
  });
  return output.split('\n').filter((line) => line !== '');
}

describe('completion for bash', () => {
  it('offers commands, options, their values and names of clusters', () => {
    expect(completeInBash('scale-cluster', 'de')).toEqual(['delete', 'demo']);
    expect(completeInBash('scale-cluster', 'create', '--c')).toEqual(['--count']);
    expect(completeInBash('scale-cluster', 'list', '--phase', 'act')).toEqual(['active']);
    expect(completeInBash('scale-cluster', 'get', 'edge')).toEqual(['edge-0001', 'edge-0002']);
    expect(completeInBash('scale-cluster', 'completion', 'z')).toEqual(['zsh']);
  });
});

describe.each([
  ['zsh', zshCompletion(commands)],
  ['fish', fishCompletion(commands)],
])('completion for %s', (_shell, script) => {
  it('knows every command and option', () => {
    for (const { name, options } of commands) {
      expect(script).toContain(name);
      for (const { long } of options) expect(script).toContain(long.slice(2));
    }
  });
});
