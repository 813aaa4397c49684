/** What a person must change before the demo can start. Told by its name, as in every process. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
