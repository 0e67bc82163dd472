/** A Stage can't be used as it is written. Thrown when Stages are loaded, never while they are played. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly code = 'ERR_STAGE';

  /**
   * @param path the field of the Stage that is at fault, such as `spec.delay.durationMilliseconds`
   * @param reason what is wrong with it
   */
  constructor(
    readonly stage: string,
    readonly path: string,
    readonly reason: string,
  ) {
    super(`Stage ${stage}: ${path}: ${reason}`);
  }
}

/** An expression or template can't be read; whoever loads a Stage makes a {@link StageError} of it. */
export class StageSyntaxError extends Error {
  override readonly name = 'StageSyntaxError';
  readonly code = 'ERR_STAGE_SYNTAX';
}
