import { describe, expect, it } from 'vitest';

import { builtinCatalog, compareVersions, OverlayCatalog } from '../../src/schema/catalog.js';
import type { ResourceInfo } from '../../src/schema/resource.js';

const widget = (version: string, group = 'example.com'): ResourceInfo => ({
  group,
  version,
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  listKind: 'WidgetList',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ['get', 'list'],
  subresources: [],
  storage: `widgets.${group}`,
  custom: { printerColumns: [], selectableFields: [] },
});

describe('builtinCatalog', () => {
  it('finds resources by plural, kind and storage', () => {
    const catalog = builtinCatalog();
    expect(catalog.find('apps', 'v1', 'deployments')?.kind).toBe('Deployment');
    expect(catalog.findKind('', 'v1', 'Pod')?.plural).toBe('pods');
    expect(catalog.findStorage('horizontalpodautoscalers.autoscaling')?.version).toBe('v2');
    expect(catalog.find('apps', 'v1beta1', 'deployments')).toBeUndefined();
  });

  it('stores the events of both groups once', () => {
    expect(builtinCatalog().find('events.k8s.io', 'v1', 'events')?.storage).toBe('events');
  });
});

describe('OverlayCatalog', () => {
  it('is the base itself while it has no rows of its own', () => {
    const catalog = new OverlayCatalog();
    expect(catalog.all()).toBe(builtinCatalog().all());
    expect(catalog.revision).toBe(builtinCatalog().revision);
  });

  it('serves custom resources until they are removed', () => {
    const catalog = new OverlayCatalog();
    const before = catalog.revision;
    catalog.setCustom('widgets.example.com', [widget('v1'), widget('v1beta1')]);
    expect(catalog.revision).toBeGreaterThan(before);
    expect(catalog.find('example.com', 'v1', 'widgets')?.kind).toBe('Widget');
    expect(catalog.versions('example.com')).toEqual(['v1', 'v1beta1']);
    expect(catalog.groups().at(-1)).toBe('example.com');
    catalog.removeCustom('widgets.example.com');
    expect(catalog.find('example.com', 'v1', 'widgets')).toBeUndefined();
    expect(catalog.all()).toBe(builtinCatalog().all());
  });

  it('replaces the rows of a definition, also those of its base', () => {
    const base = new OverlayCatalog();
    base.setCustom('widgets.example.com', [widget('v1')]);
    const catalog = new OverlayCatalog(base);
    expect(catalog.all()).toBe(base.all());
    catalog.setCustom('widgets.example.com', [widget('v2')]);
    expect(catalog.versions('example.com')).toEqual(['v2']);
    expect(base.versions('example.com')).toEqual(['v1']);
  });

  it('hides a definition of its base that is given no rows, until that is taken back', () => {
    const base = new OverlayCatalog();
    base.setCustom('widgets.example.com', [widget('v1')]);
    const catalog = new OverlayCatalog(base);
    catalog.setCustom('widgets.example.com', []);
    expect(catalog.find('example.com', 'v1', 'widgets')).toBeUndefined();
    expect(catalog.groups()).not.toContain('example.com');
    expect(base.find('example.com', 'v1', 'widgets')).toBeDefined();
    catalog.removeCustom('widgets.example.com');
    expect(catalog.find('example.com', 'v1', 'widgets')).toBeDefined();
  });

  it('puts custom groups behind the built-in ones, by name', () => {
    const catalog = new OverlayCatalog();
    catalog.setCustom('widgets.b.example.com', [widget('v1', 'b.example.com')]);
    catalog.setCustom('widgets.a.example.com', [widget('v1', 'a.example.com')]);
    expect(catalog.groups().slice(-2)).toEqual(['a.example.com', 'b.example.com']);
  });
});

describe('compareVersions', () => {
  it('prefers stable versions, then higher ones, then all others by name', () => {
    const versions = [
      'foo1',
      'v1alpha1',
      'v10beta3',
      'v2',
      'v1beta2',
      'v11alpha2',
      'bar',
      'v10',
      'v1',
      'v1beta1',
    ];
    expect(versions.sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v10beta3',
      'v1beta2',
      'v1beta1',
      'v11alpha2',
      'v1alpha1',
      'bar',
      'foo1',
    ]);
  });
});
