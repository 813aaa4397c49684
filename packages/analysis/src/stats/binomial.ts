/** P(X >= successes) for X ~ Binomial(trials, p): the one-sided test. Summed from its logarithms, so small tails stay exact. */
export function binomialUpperTail(successes: number, trials: number, p: number): number {
  if (successes <= 0) return 1;
  if (successes > trials || p <= 0) return 0;
  if (p >= 1) return 1;
  let logTerm = successes * Math.log(p) + (trials - successes) * Math.log1p(-p);
  for (let i = 1; i <= successes; i++) logTerm += Math.log((trials - successes + i) / i);
  let tail = 0;
  for (let k = successes; k <= trials; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(((trials - k) / (k + 1)) * (p / (1 - p)));
  }
  return Math.min(1, tail);
}
