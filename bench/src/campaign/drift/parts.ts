/** What a campaign is made of: parts that can be done in any order, each with an outcome of its own. */
import { type Discoveries, discoveriesOf, discoveryCases } from "./discoveries.ts";
import { type Power, powerCases, powerOf } from "./power.ts";
import { type TypeOne, typeOneCases, typeOneErrors } from "./type-one.ts";

export type Scale = {
  readonly seed: number;
  /** Pairs without a change for each base, number of cells, n and m. */
  readonly pairs: number;
  /** Of 200 features. */
  readonly featureWindows: number;
  /** With a reference of its own, for each population and number of rows. */
  readonly powerWindows: number;
};

export type Outcome =
  | { readonly part: string; readonly typeOne: TypeOne }
  | { readonly part: string; readonly discoveries: Discoveries }
  | { readonly part: string; readonly power: Power };

export type Part = { readonly name: string; readonly run: (scale: Scale) => Outcome };

export function partsOf(): Part[] {
  return [...typeOneParts(), ...discoveryParts(), ...powerParts()];
}

function typeOneParts(): Part[] {
  return typeOneCases().map((each) => {
    const name = `type one, ${each.base.name}, ${each.cells} cells, ${each.n} and ${each.m} rows`;
    return { name, run: ({ seed, pairs }) => ({ part: name, typeOne: typeOneErrors(each, { seed, pairs }) }) };
  });
}

function discoveryParts(): Part[] {
  return discoveryCases().map((each) => {
    const name = `discoveries, shift ${each.shift}, ${each.common} in common, ${each.correction}`;
    const run = ({ seed, featureWindows: windows }: Scale) => ({
      part: name,
      discoveries: discoveriesOf(each, { seed, windows }),
    });
    return { name, run };
  });
}

function powerParts(): Part[] {
  return powerCases().map((each) => {
    const name = `power, ${each.population.name}, ${each.rows} rows`;
    const run = ({ seed, powerWindows: windows }: Scale) => ({ part: name, power: powerOf(each, { seed, windows }) });
    return { name, run };
  });
}
