import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingsReference } from '../../src/settings/reference.js';

const page = new URL('../../../../docs/configuration.md', import.meta.url);
const marks = ['<!-- settings: begin -->\n', '<!-- settings: end -->'] as const;

test('docs/configuration.md lists every setting as the schema has it (UPDATE_DOCS=1 rewrites it)', () => {
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(marks[0]);
  const [table = '', after = ''] = rest.split(marks[1]);
  if (process.env['UPDATE_DOCS'] !== undefined) {
    writeFileSync(page, before + marks[0] + settingsReference() + marks[1] + after);
  } else {
    expect(table).toBe(settingsReference());
  }
});
