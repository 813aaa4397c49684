/** An attribute's value as text. Values within arrays and lists keep their kind in the JSON that stands for them. */

export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | undefined
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>;

/** Empty where there is no value. */
export function attributeText(value: AttributeValue): string {
  if (value === undefined) return "";
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value === "object") return JSON.stringify(plain(value));
  return String(value);
}

function plain(value: AttributeValue): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  return (value as readonly AttributeValue[]).map(plain);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
