import { maxListBytes } from '../../subscribers/staged-lists.ts';
import { CommandError } from '../command.ts';

/** A list, no longer than a server takes: told before it hangs up. Throws CommandError. */
export async function* bounded(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const piece of input) {
    length += piece.length;
    if (length > maxListBytes)
      throw new CommandError(
        'A server takes lists of 20 MB at most: split it, or import it where Paperboy runs.',
      );
    yield piece;
  }
}
