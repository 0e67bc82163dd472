import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fleet, loadSettings, SettingsError, TemplateError, type Settings } from '@scale-cluster/cluster-sim';
import { fail, ok, warn, type Finding } from './finding.js';

/** Reads the settings as the agent would. */
export function checkSettings(home: string | undefined): {
  findings: Finding[];
  settings: Settings | undefined;
} {
  const findings: Finding[] = [];
  try {
    const settings = loadSettings({
      onWarning: (text) =>
        findings.push(warn('settings', text, 'correct it in the settings, or leave it if it is meant')),
      ...(home === undefined ? {} : { home }),
    });
    return {
      findings: [ok('settings', `read for ${settings.rancherURL}, home ${settings.home}`), ...findings],
      settings,
    };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return {
      findings: [fail('settings', error.message, 'put this right first'), ...findings],
      settings: undefined,
    };
  }
}

/** Lets a fleet read a copy of the template, in a folder of its own so that nothing of the agent's is touched. */
export async function checkTemplate(settings: Settings): Promise<Finding> {
  const file = join(settings.home, 'config', 'cluster.yaml');
  if (!existsSync(file))
    return ok('template', `${file} isn't there yet: the agent will write its default, a k3s cluster`);
  const home = await mkdtemp(join(tmpdir(), 'scale-cluster-doctor-'));
  try {
    await mkdir(join(home, 'config'));
    await copyFile(file, join(home, 'config', 'cluster.yaml'));
    const fleet = await Fleet.open({ settings: { ...settings, home } });
    await fleet.close();
    return ok('template', `${file} can be used`);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { line, path, reason } = error;
    const where = `${file}${line > 0 ? `:${line}` : ''}${path === '' ? '' : `: ${path}`}`;
    return fail('template', `${where}: ${reason}`, 'correct the file, or delete it to get the default');
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
