/** A dump that cannot be used: which file, where in it, what was found there and what was expected. */
export class FlightRecorderError extends Error {
  override readonly name = "FlightRecorderError";
  readonly file: string;
  /** Byte offset of the opcode, or the key ("entries[3].state"). */
  readonly place: string;

  constructor(file: string, place: string, problem: string) {
    super(`${file}, ${place}: ${problem}`);
    this.file = file;
    this.place = place;
  }
}
