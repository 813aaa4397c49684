/** How often something happened. */
export type Rate = { readonly times: number; readonly of: number };

export function rateOf({ times, of }: Rate): number {
  return of > 0 ? times / of : Number.NaN;
}

/** Of the rate, by chance. */
export function deviationOf(rate: Rate): number {
  const share = rateOf(rate);
  return Math.sqrt((share * (1 - share)) / rate.of);
}
