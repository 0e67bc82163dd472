/** Thrown inside this folder for what a program's outcome can't be told of; never leaves it. */
export class UnknownProgram extends Error {
  override name = 'UnknownProgram';
}
