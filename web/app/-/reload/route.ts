import { configuredToken } from "../../../auth/token.ts";
import { forwardReload } from "./forward.ts";

export const dynamic = "force-dynamic";

export async function POST(): Promise<Response> {
  return forwardReload(process.env, configuredToken(process.env));
}
export const PUT = POST;
