/** Noise that is a pure function of (seed, stream, time): the simulation may ask for any moment in any order. */

/** 32 well mixed bits of two integers (the finaliser of MurmurHash3 over their combination). */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1), the same for the same three integers. */
export function uniform(seed: number, stream: number, index: number): number {
  return mix(mix(seed, stream), index) / 4294967296;
}

/** A stream number for a name. */
export function streamOf(name: string): number {
  let stream = 0;
  for (let i = 0; i < name.length; i++) stream = mix(stream, name.charCodeAt(i));
  return stream;
}

/** Smooth in [-1, 1]: random values every `periodMs`, joined by a curve without corners. */
export function smoothNoise(seed: number, stream: number, timeMs: number, periodMs: number): number {
  const place = timeMs / periodMs;
  const index = Math.floor(place);
  const x = place - index;
  const key = mix(seed, stream);
  const from = mix(key, index) / 2147483648 - 1;
  const to = mix(key, index + 1) / 2147483648 - 1;
  return from + (to - from) * x * x * (3 - 2 * x);
}
