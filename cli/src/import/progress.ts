/** How far a long work is: a bar on a terminal, a line now and then elsewhere. */
const BAR_CELLS = 24;
const REDRAW_MS = 100;
const LINE_MS = 5_000;

export type ProgressOutput = {
  readonly isTerminal: boolean;
  /** To the terminal as it is, without a line break. */
  readonly draw: (text: string) => void;
  readonly print: (line: string) => void;
  readonly now: () => number;
};

export type Progress = {
  /** `done` of `total` bytes, `rows` so far. */
  update(done: number, total: number, rows: number): void;
  /** Ends the bar. */
  end(): void;
};

export function createProgress(title: string, output: ProgressOutput): Progress {
  const startedAt = output.now();
  let lastAt = output.isTerminal ? Number.NEGATIVE_INFINITY : startedAt;
  let drawn = false;
  return {
    update(done, total, rows) {
      const now = output.now();
      if (now - lastAt < (output.isTerminal ? REDRAW_MS : LINE_MS)) return;
      lastAt = now;
      const text = progressText(title, { done, total, rows, seconds: (now - startedAt) / 1000 });
      if (output.isTerminal) output.draw(`\r\x1b[K${text.bar}`);
      else output.print(`  ${text.line}`);
      drawn = output.isTerminal;
    },
    end() {
      if (drawn) output.draw("\r\x1b[K");
    },
  };
}

export type ProgressFigures = {
  readonly done: number;
  readonly total: number;
  readonly rows: number;
  readonly seconds: number;
};

export function progressText(
  title: string,
  { done, total, rows, seconds }: ProgressFigures,
): { bar: string; line: string } {
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const filled = Math.round(share * BAR_CELLS);
  const left = share > 0 && seconds > 0 ? (seconds / share) * (1 - share) : undefined;
  const rate = seconds > 0 ? `, ${count(rows / seconds)} rows/s` : "";
  const facts = `${count(rows)} rows, ${megabytes(done)} of ${megabytes(total)} MB${rate}${left === undefined ? "" : `, ${duration(left)} left`}`;
  return {
    bar: `${title} ${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${Math.floor(share * 100)} %  ${facts}`,
    line: `${title}: ${Math.floor(share * 100)} %, ${facts}`,
  };
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}
