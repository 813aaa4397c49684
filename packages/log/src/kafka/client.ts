/** kafkajs, set up: addresses, TLS, credentials, compression, and its log lines through ours. */
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type SASLOptions } from "kafkajs";
import { LogError } from "../log.ts";
import type { KafkaSettings } from "./settings.ts";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

/** As much of a logger as is needed here. */
export type KafkaLogger = {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** A batch that says it unpacks to more was made to hurt, or is damaged. */
const MAX_UNPACKED_BYTES = 256 * 2 ** 20;

/**
 * How much zlib puts out before it asks for more: at its default of 16 KiB the pieces of a batch cost more than packing
 * it (1.2 s of 12 at a million rows a second).
 */
function chunkSize(expectedBytes: number): number {
  return Math.min(4 * 2 ** 20, Math.max(64 * 2 ** 10, expectedBytes));
}

// Without a codec a batch packed with it stops a consumer for good; the libuv pool does the work, not our thread.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) =>
    compress(encoder.buffer, {
      chunkSize: chunkSize(encoder.buffer.length / 2),
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    }),
  decompress: (buffer: Buffer) =>
    decompress(buffer, { chunkSize: chunkSize(buffer.length * 4), maxOutputLength: MAX_UNPACKED_BYTES }),
});

export const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const;

/** `clientId` shows in the brokers' logs and quotas. Throws LogError `io` where a file of the settings cannot be read. */
export function createKafka(settings: KafkaSettings, clientId: string, log: KafkaLogger): KafkaClient {
  const ssl = settings.ssl;
  const config: KafkaConfig = {
    clientId,
    brokers: [...settings.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 20_000,
    // Whoever calls decides how long to try again; kafkajs' own tries are for the hiccup of a moved leader.
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log: { message, timestamp: _, logger: __, ...fields } }) => {
        // A broker that is away is told by whoever waits for it; kafkajs says it for every attempt.
        log.debug({ ...fields, namespace, level: undefined, kafkaLevel: level }, `kafkajs: ${message}`);
      },
  };
  if (ssl !== undefined) {
    config.ssl = {
      ...(ssl.caFile !== undefined && { ca: [textOf(ssl.caFile)] }),
      ...(ssl.certFile !== undefined && { cert: textOf(ssl.certFile) }),
      ...(ssl.keyFile !== undefined && { key: textOf(ssl.keyFile) }),
      ...(ssl.serverName !== undefined && { servername: ssl.serverName }),
    };
  }
  if (settings.sasl !== undefined) {
    const { mechanism, username, passwordFile } = settings.sasl;
    config.sasl = { mechanism, username, password: textOf(passwordFile).trim() } as SASLOptions;
  }
  return new Kafka(config);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LogError("io", `${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
