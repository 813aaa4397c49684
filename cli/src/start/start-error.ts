/** A start that cannot go on. The message is one line for the person at the terminal: what, where, what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly exitCode: number;
  constructor(message: string, options?: { cause?: unknown; exitCode?: number }) {
    super(message, options);
    this.exitCode = options?.exitCode ?? 1;
  }
}

/** The `code` of a Node system error ("EACCES"), else undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
