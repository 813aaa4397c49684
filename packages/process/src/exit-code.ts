/**
 * What an exit code tells the supervisor. 78 is EX_CONFIG of sysexits.h: starting again cannot help until a person
 * changes the configuration, so the supervisor stops instead of restarting.
 */
export const EXIT_CONFIGURATION = 78;
export const EXIT_FAILURE = 1;

/** The exit code of an error that ended a process: EXIT_CONFIGURATION for any error named `ConfigError`. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Error && error.name === "ConfigError" ? EXIT_CONFIGURATION : EXIT_FAILURE;
}
