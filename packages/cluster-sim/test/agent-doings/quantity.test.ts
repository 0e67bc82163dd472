import { describe, expect, it } from 'vitest';
import { addQuantities, maxQuantities } from '../../src/agent-doings/quantity.js';

describe('quantities', () => {
  it.each([
    [['100m', '250m'], '350m'],
    [['1', '500m'], '1500m'],
    [['500m', '500m'], '1'],
    [['64Mi', '64Mi'], '128Mi'],
    [['1Gi', '512Mi'], '1536Mi'],
    [['1e3', '1k'], '2k'],
    [['0.5', '.25'], '750m'],
  ])('the sum of %j is %s', (texts, sum) => {
    expect(addQuantities(texts.map((text) => ({ r: text })))).toEqual({ r: sum });
  });

  it('takes the largest key by key, and leaves out what is no quantity', () => {
    expect(
      maxQuantities([{ cpu: '1', memory: '1Gi' }, { cpu: '1500m' }, undefined, { memory: 'lots' }]),
    ).toEqual({ cpu: '1500m', memory: '1Gi' });
  });
});
