/** Every process writes a row into `processes` this often; one is taken for up while its newest is younger than LIMIT. */
export const HEARTBEAT_INTERVAL_MS = 5_000;
export const HEARTBEAT_LIMIT_MS = 17_000;
