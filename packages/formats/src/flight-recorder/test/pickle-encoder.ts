/** Writes plain data as Python's pickler does, protocols 2 to 5; tuples as lists. */
import type { PickleValue } from "../pickle-value.ts";

export function pickle(value: PickleValue, protocol: 2 | 3 | 4 | 5): Uint8Array {
  const writer = new Writer(protocol);
  writer.value(value);
  const body = [...writer.bytes, 0x2e];
  const frame = protocol < 4 ? [] : [0x95, ...little(BigInt(body.length), 8)];
  return Uint8Array.from([0x80, protocol, ...frame, ...body]);
}

class Writer {
  readonly bytes: number[] = [];
  readonly #protocol: number;
  readonly #memo = new Map<string, number>();
  #stored = 0;

  constructor(protocol: number) {
    this.#protocol = protocol;
  }

  value(value: PickleValue): void {
    if (value === null) this.bytes.push(0x4e);
    else if (typeof value === "boolean") this.bytes.push(value ? 0x88 : 0x89);
    else if (typeof value === "bigint") this.#integer(value);
    else if (typeof value === "number") {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#integer(BigInt(value));
      else this.bytes.push(0x47, ...float(value));
    } else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (Array.isArray(value)) this.#list(value);
    else this.#dict(value);
  }

  #integer(value: bigint): void {
    if (value >= 0n && value < 256n) this.bytes.push(0x4b, Number(value));
    else if (value >= 0n && value < 65536n) this.bytes.push(0x4d, ...little(value, 2));
    else if (value >= -(2n ** 31n) && value < 2n ** 31n) this.bytes.push(0x4a, ...little(value, 4));
    else {
      let length = 1;
      while (value < -(2n ** BigInt(8 * length - 1)) || value >= 2n ** BigInt(8 * length - 1)) length++;
      this.bytes.push(0x8a, length, ...little(value, length));
    }
  }

  #text(text: string): void {
    const known = this.#memo.get(text);
    if (known !== undefined) {
      this.bytes.push(...(known < 256 ? [0x68, known] : [0x6a, ...little(BigInt(known), 4)]));
      return;
    }
    const utf8 = new TextEncoder().encode(text);
    if (this.#protocol >= 4 && utf8.length < 256) this.bytes.push(0x8c, utf8.length, ...utf8);
    else this.bytes.push(0x58, ...little(BigInt(utf8.length), 4), ...utf8);
    this.#memo.set(text, this.#store());
  }

  #binary(bytes: Uint8Array): void {
    if (this.#protocol >= 3) this.bytes.push(0x42, ...little(BigInt(bytes.length), 4), ...bytes);
    else this.bytes.push(0x54, ...little(BigInt(bytes.length), 4), ...bytes);
  }

  #list(list: PickleValue[]): void {
    if (list.length === 2 && this.#protocol > 2) {
      for (const each of list) this.value(each);
      this.bytes.push(0x86);
      return;
    }
    this.bytes.push(0x5d);
    this.#store();
    if (list.length === 0) return;
    this.bytes.push(0x28);
    for (const each of list) this.value(each);
    this.bytes.push(0x65);
  }

  #dict(dict: { readonly [key: string]: PickleValue }): void {
    this.bytes.push(0x7d);
    this.#store();
    if (Object.keys(dict).length === 0) return;
    this.bytes.push(0x28);
    for (const [key, each] of Object.entries(dict)) {
      this.value(key);
      this.value(each);
    }
    this.bytes.push(0x75);
  }

  #store(): number {
    const index = this.#stored++;
    if (this.#protocol >= 4) this.bytes.push(0x94);
    else this.bytes.push(...(index < 256 ? [0x71, index] : [0x72, ...little(BigInt(index), 4)]));
    return index;
  }
}

function little(value: bigint, length: number): number[] {
  const bits = BigInt.asUintN(8 * length, value);
  return Array.from({ length }, (_, at) => Number((bits >> BigInt(8 * at)) & 0xffn));
}

function float(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return Array.from({ length: 8 }, (_, at) => view.getUint8(at));
}
