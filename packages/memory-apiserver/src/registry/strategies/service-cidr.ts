import { listAt } from '../../schema/read.js';
import { Report } from '../../schema/validation/report.js';
import type { Strategy } from '../strategy.js';

/** Ranges stay; one of the other family may be added: `ValidateServiceCIDRUpdate`. */
export const serviceCidrStrategy: Strategy = {
  validateUpdate(range, old) {
    const report = new Report();
    const [now, before] = [listAt(range, 'spec', 'cidrs'), listAt(old, 'spec', 'cidrs')];
    const isAdded = before.length === 1 && now.length === 2;
    if (now.length !== before.length && !isAdded) report.invalid('spec.cidrs', now, 'field is immutable');
    else
      before.forEach((cidr, index) => {
        if (now[index] !== cidr) report.invalid(`spec.cidrs[${index}]`, now[index], 'field is immutable');
      });
    return report.causes;
  },
};
