/** What only a person can mend before the store can start; the message is the one line they read. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}
