export type Outcome = 'passed' | 'failed';

export interface SpecResult {
  /** Full name, as in Kubernetes' `conformance.yaml`. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** Why it failed. */
  readonly message?: string;
}

/** The part that is read of ginkgo's `types.Report` (https://pkg.go.dev/github.com/onsi/ginkgo/v2/types). */
export interface Report {
  readonly SpecReports: readonly {
    readonly ContainerHierarchyTexts: readonly string[] | null;
    readonly LeafNodeType: string;
    readonly LeafNodeText: string;
    readonly State: string;
    /** Nanoseconds. */
    readonly RunTime: number;
    readonly Failure?: { readonly Message: string };
  }[];
}

/**
 * The specs that ran, by name, of a report by ginkgo's `--json-report`. Throws Error when what all specs need could
 * not be set up, as then none of them ran.
 */
export function readReport(reports: readonly Report[]): SpecResult[] {
  const nodes = reports.flatMap((report) => report.SpecReports);
  const setup = nodes.find((node) => node.LeafNodeType === 'SynchronizedBeforeSuite' && failed(node.State));
  if (setup !== undefined) throw new Error(`the suite can't begin: ${setup.Failure?.Message ?? setup.State}`);
  return nodes
    .filter((node) => node.LeafNodeType === 'It' && (node.State === 'passed' || failed(node.State)))
    .map((node): SpecResult => {
      const message = node.Failure?.Message;
      return {
        name: [...(node.ContainerHierarchyTexts ?? []), node.LeafNodeText].join(' '),
        outcome: node.State === 'passed' ? 'passed' : 'failed',
        seconds: node.RunTime / 1e9,
        ...(message === undefined || message === '' ? {} : { message }),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `skipped` and `pending` specs didn't run; `timedout`, `panicked`, `interrupted` and `aborted` ones failed. */
function failed(state: string): boolean {
  return !['passed', 'skipped', 'pending'].includes(state);
}
