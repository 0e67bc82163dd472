/** What an expression came to instead of a value, in the words of cel-go. */
export class CelFault extends Error {
  override readonly name = 'CelFault';
}
