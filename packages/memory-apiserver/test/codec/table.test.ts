import { describe, expect, it } from 'vitest';

import { toTable } from '../../src/codec/table.js';
import type { KubeObject } from '../../src/object.js';
import { builtinCatalog } from '../../src/schema/catalog.js';
import type { ResourceInfo } from '../../src/schema/resource.js';
import { splitApiVersion } from '../../src/schema/types.js';
import { caseName, recorded } from '../fixtures/recorded.js';

function resourceOf(object: KubeObject): ResourceInfo {
  const { group, version } = splitApiVersion(object.apiVersion);
  const row = builtinCatalog().findKind(group, version, object.kind);
  if (row === undefined) throw new Error(`no resource for ${object.kind}`);
  return row;
}

describe('toTable', () => {
  it.each(recorded.map((record) => [caseName(record), record] as const))(
    'prints %s as kube-apiserver does',
    (_name, { printed, columns, cells, now }) => {
      const table = toTable(resourceOf(printed), [printed], now, { includeObject: 'None' });
      expect(table.columnDefinitions.map(({ name }) => name)).toEqual(columns);
      expect(table.rows[0]?.cells).toEqual(cells);
    },
  );
});
