import { isApiError } from '../errors.js';
import type { ControllerContext } from './controller.js';
import type { CronJob, Job, ObjectReference } from './kinds.js';
import { compact, writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

/** One look at a CronJob: what its status will say, and the Events that go with it. */
export class CronJobRun {
  readonly status: NonNullable<CronJob['status']>;

  constructor(
    readonly cronJob: CronJob,
    readonly context: ControllerContext,
  ) {
    this.status = { ...cronJob.status };
  }

  /** The Jobs that it has started and hasn't seen end. */
  get active(): readonly ObjectReference[] {
    return this.status.active ?? [];
  }

  isActive(job: Job): boolean {
    return this.active.some(({ uid }) => uid === job.metadata.uid);
  }

  forget(uid: string | undefined): void {
    this.status.active = this.active.filter((job) => job.uid !== uid);
  }

  started({ metadata }: Job, at: number): void {
    const { namespace, name, uid, resourceVersion } = metadata;
    const reference = {
      kind: 'Job',
      name,
      apiVersion: 'batch/v1',
      ...compact({ namespace, uid, resourceVersion }),
    };
    this.status.active = [...this.active, reference];
    this.status.lastScheduleTime = timestamp(at);
  }

  succeeded(completionTime: string | undefined): void {
    const isNewer = (parseTime(completionTime) ?? 0) > (parseTime(this.status.lastSuccessfulTime) ?? 0);
    if (completionTime !== undefined && isNewer) this.status.lastSuccessfulTime = completionTime;
  }

  /** Deletes one of its Jobs; throws what the API does, but for one that is gone already. */
  delete(name: string, uid: string | undefined): void {
    const { api } = this.context;
    try {
      api.delete('jobs.batch', this.cronJob.metadata.namespace, name, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
    this.forget(uid);
    this.note('SuccessfulDelete', `Deleted job ${name}`);
  }

  note(reason: string, message: string): void {
    this.context.events.record(this.cronJob, 'Normal', reason, message);
  }

  warn(reason: string, message: string): void {
    this.context.events.record(this.cronJob, 'Warning', reason, message);
  }

  writeStatus(): void {
    const { active, ...rest } = this.status;
    writeStatus(this.context.api, this.cronJob, active?.length ? { ...rest, active } : rest);
  }
}
