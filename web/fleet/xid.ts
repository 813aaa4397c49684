/** What the more frequent NVIDIA XID codes mean, in a few words; others are told by number alone. */
const MEANINGS: Readonly<Record<number, string>> = {
  13: "graphics engine exception, mostly the application's",
  31: "memory page fault, mostly the application's",
  32: "corrupted push buffer",
  38: "driver firmware error",
  43: "GPU stopped processing a program",
  45: "work cleaned up after an earlier error",
  48: "uncorrectable memory (double-bit ECC) error",
  61: "internal micro-controller breakpoint",
  62: "internal micro-controller halt",
  63: "memory row remapping recorded",
  64: "memory row remapping failed",
  68: "video processor exception",
  69: "graphics engine class error",
  74: "NVLink error",
  79: "GPU has fallen off the bus",
  92: "high rate of corrected memory errors",
  94: "contained memory error",
  95: "uncontained memory error",
  119: "GPU system processor timed out",
  120: "GPU system processor error",
  121: "chip-to-chip link error",
  140: "unrecovered memory error",
};

/** "XID 79 (GPU has fallen off the bus)". */
export function xidWords(code: number): string {
  const meaning = MEANINGS[code];
  return meaning === undefined ? `XID ${code}` : `XID ${code} (${meaning})`;
}
