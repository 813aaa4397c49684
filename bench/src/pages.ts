/**
 * Pages for benchmarks in dcgm-exporter's shape: a node of 8 GPUs with 40 metrics each, 320 samples in about 95 KB. Values
 * behave as such metrics do: many constant, many whole and slow, some noisy, some with six decimals, some counters.
 */
type Kind = "constant" | "slow" | "noisy" | "power" | "ratio" | "counter" | "zero";
const KINDS: readonly [Kind, number][] = [
  ["zero", 10],
  ["constant", 8],
  ["slow", 8],
  ["noisy", 4],
  ["power", 2],
  ["ratio", 5],
  ["counter", 3],
];
const METRICS = KINDS.flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, i) => ({ kind, name: `DCGM_FI_BENCH_${kind.toUpperCase()}_${i}` })),
);

type Node = { prefixes: string[]; values: number[]; at: number };
const nodes = new Map<string, Node>();

function nodeOf(name: string, now: number): Node {
  const known = nodes.get(name);
  if (known !== undefined) return known;
  const prefixes: string[] = [];
  const values: number[] = [];
  for (const { name: metric, kind } of METRICS) {
    for (let gpu = 0; gpu < 8; gpu++) {
      const head = gpu === 0 ? `# HELP ${metric} A metric of kind ${kind}.\n# TYPE ${metric} gauge\n` : "";
      const uuid = `GPU-00000000-0000-0000-${name.padStart(4, "0")}-${String(gpu).padStart(12, "0")}`;
      prefixes.push(
        `${head}${metric}{gpu="${gpu}",UUID="${uuid}",pci_bus_id="00000000:${gpu}A:00.0",device="nvidia${gpu}",modelName="NVIDIA H100 80GB HBM3",Hostname="node-${name}",DCGM_FI_DRIVER_VERSION="580.105.08",container="train",namespace="research",pod="pretrain-a-${name}"} `,
      );
      values.push(START[kind]());
    }
  }
  const node = { prefixes, values, at: now };
  nodes.set(name, node);
  return node;
}

const START: Record<Kind, () => number> = {
  zero: () => 0,
  constant: () => 1000 + Math.floor(Math.random() * 1000),
  slow: () => 40 + Math.floor(Math.random() * 40),
  noisy: () => 90,
  power: () => 400 + Math.random() * 250,
  ratio: () => 0.3 + Math.random() * 0.6,
  counter: () => Math.floor(Math.random() * 1e12),
};

const STEP: Record<Kind, (value: number, seconds: number) => number> = {
  zero: (value) => value,
  constant: (value) => value,
  slow: (value) => (Math.random() < 0.1 ? value + (Math.random() < 0.5 ? 1 : -1) : value),
  noisy: () => 85 + Math.floor(Math.random() * 16),
  power: (value) => Math.min(700, Math.max(100, value + (Math.random() - 0.5) * 4)),
  ratio: (value) => Math.min(1, Math.max(0, value + (Math.random() - 0.5) * 0.01)),
  counter: (value, seconds) => value + Math.floor(seconds * (600_000 + Math.random() * 5000)),
};

/** As dcgm-exporter prints them: %d, or %f with six decimals, of which DCGM fills three for watts. */
const PRINT: Partial<Record<Kind, (value: number) => string>> = {
  power: (value) => `${value.toFixed(3)}000`,
  ratio: (value) => value.toFixed(6),
};

/** Node `name`'s page at `now` (ms); its values move on from those of the page before. */
export function page(name: string, now: number): string {
  const node = nodeOf(name, now);
  const seconds = (now - node.at) / 1000;
  node.at = now;
  let text = "";
  METRICS.forEach(({ kind }, metric) => {
    for (let gpu = 0; gpu < 8; gpu++) {
      const i = metric * 8 + gpu;
      const value = STEP[kind](node.values[i]!, seconds);
      node.values[i] = value;
      text += `${node.prefixes[i]}${PRINT[kind]?.(value) ?? value}\n`;
    }
  });
  return text;
}
