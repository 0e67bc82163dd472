import { describe, expect, it } from 'vitest';
import { HELP, readSettings, UsageError } from '../../src/cli/settings.js';

describe('readSettings', () => {
  it('has defaults for everything', () => {
    expect(readSettings([])).toEqual({
      port: 6443,
      host: '127.0.0.1',
      kubeconfigFile: 'memory-apiserver.kubeconfig',
      version: 'v1.34.1',
      name: 'kubernetes',
      nodes: 1,
      objectFiles: [],
      controllers: true,
    });
  });

  it('reads every option that the help names', () => {
    const args = [
      '--port=0',
      '--host',
      '::1',
      '--kubeconfig',
      'k',
      '--version',
      'v1.33.4+k3s1',
      '--name',
      'a.b',
    ];
    const more = ['--nodes', '0', '--objects', 'x', '--objects', 'y', '--no-controllers', '--data', 'd'];
    expect(readSettings([...args, ...more])).toEqual({
      port: 0,
      host: '::1',
      kubeconfigFile: 'k',
      version: 'v1.33.4+k3s1',
      name: 'a.b',
      nodes: 0,
      objectFiles: ['x', 'y'],
      controllers: false,
      dataFolder: 'd',
    });
    const named = [...HELP.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map(([, option]) => option);
    const given = [...args, ...more, '--help'].filter((text) => text.startsWith('--'));
    expect(new Set(given.map((text) => text.replace('=0', '')))).toEqual(new Set(named));
  });

  it('answers nothing when help is asked for', () => {
    expect(readSettings(['-h', '--port', '1'])).toBeUndefined();
  });

  it.each([
    [['--ports', '1'], "Unknown option '--ports'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--port', '70000'], '--port: a whole number from 0 to 65535, not "70000"'],
    [['--nodes', '1.5'], '--nodes: a whole number from 0 to 10000, not "1.5"'],
    [['--version', '1.34'], '--version: not a Kubernetes version such as v1.34.1: "1.34"'],
    [['--name', 'A'], `--name: lower case letters, digits, '-' and '.', not "A"`],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => readSettings(args)).toThrow(UsageError);
    expect(() => readSettings(args)).toThrow(message);
  });
});
