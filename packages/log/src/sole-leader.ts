import type { Leadership } from "./log.ts";

/** Where there is only one process of a kind, it leads. */
export function soleLeader(): Leadership {
  return {
    leads: true,
    confirm: async () => true,
    onChange: () => {},
    close: async () => {},
  };
}
