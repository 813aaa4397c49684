/** The token that a request must carry, as a file holds it. */
import { readFile } from "node:fs/promises";
import { ConfigError } from "@lockstep/process/config-error";

export type BearerToken = string;

/** Undefined where no file is named. Throws ConfigError where it cannot be read or is empty: it would let nobody in. */
export async function readToken(file: string | undefined): Promise<BearerToken | undefined> {
  if (file === undefined) return undefined;
  let token: string;
  try {
    token = (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new ConfigError(`LOCKSTEP_TOKEN_FILE: the token cannot be read: ${(error as Error).message}`);
  }
  if (token === "") throw new ConfigError(`LOCKSTEP_TOKEN_FILE: ${file} is empty, expected a token; write one into it`);
  return token;
}
