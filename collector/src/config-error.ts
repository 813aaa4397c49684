/** The configuration cannot be used; starting again will not help until a person changes it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
