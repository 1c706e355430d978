/** An address list cannot be read, or not to its end. `line` is where it broke. */
export class AddressListError extends Error {
  override name = 'AddressListError';
  readonly line: number;
  constructor(message: string, line: number, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}
