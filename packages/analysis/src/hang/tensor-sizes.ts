import type { DumpEntry } from "@lockstep/formats/flight-recorder/dump";

type Sizes = readonly (readonly number[])[];

/** Elements in all tensors together; a tensor without dimensions has one. */
export function elements(sizes: Sizes): number {
  return sizes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/** "2048x5120, 16". */
export function sizesText(sizes: Sizes): string {
  const shown = sizes.slice(0, 4).map((shape) => (shape.length === 0 ? "scalar" : shape.join("x")));
  return sizes.length > shown.length ? `${shown.join(", ")}, ...` : shown.join(", ");
}

/**
 * The elements that every rank of this collective must give alike, as a text to compare; "" where nothing must be alike or
 * nothing is told. A broadcast's and a scatter's output, a gather's and a reduce's input are the same on all ranks while the
 * other side depends on the role. All-gathers and reduce-scatters of lists may be uneven.
 */
export function comparedSizes({ collective, inputSizes, outputSizes }: DumpEntry): string {
  const input = inputSizes.length === 0 ? "" : `${elements(inputSizes)} elements in`;
  const output = outputSizes.length === 0 ? "" : `${elements(outputSizes)} elements out`;
  switch (collective) {
    case "AllReduce":
      return input;
    case "AllGather":
      return isUneven(outputSizes) ? output : both(input, output);
    case "ReduceScatter":
      return isUneven(inputSizes) ? input : both(input, output);
    case "Broadcast":
    case "Scatter":
      return output;
    case "Reduce":
    case "Gather":
      return input;
    default:
      return "";
  }
}

function both(input: string, output: string): string {
  return input === "" || output === "" ? input || output : `${input}, ${output}`;
}

function isUneven(sizes: Sizes): boolean {
  return sizes.some((shape) => elements([shape]) !== elements([sizes[0]!]));
}
