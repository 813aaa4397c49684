/** A pickle that is not read: cut, damaged, too large, or with an opcode that could run code. */
export class PickleError extends Error {
  override readonly name = "PickleError";
  /** Of the opcode, from 0. */
  readonly offset: number;

  constructor(offset: number, problem: string) {
    super(`offset ${offset}: ${problem}`);
    this.offset = offset;
  }
}
