/** The environment must change before another start makes sense; `message` says which variable, and to what. */
export class ConfigError extends Error {
  override name = "ConfigError";
}
