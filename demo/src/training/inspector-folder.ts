/**
 * The files that the processes of a job write their Inspector lines into: one a process, in a folder for each start of the
 * job, `<start>/nccl-inspector-<job>/`. A file that has grown is moved aside and its predecessor removed, and files of
 * processes that ended are removed after a while: so all of it stays small.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { JobRun } from "./job-run.ts";

/** Whoever reads the files of a process that ended has this long to come to their end, and less when they are many. */
const KEEP_ENDED_MS = 15 * 60_000;
const SWEEP_EVERY_MS = 60_000;
const TOPOLOGY = "topology.json";

export type FolderLimits = {
  /** Of each process at most twice this is kept, and a tenth. */
  readonly fileBytes: number;
  /** Of all processes of the job that ended. */
  readonly endedBytes: number;
};

type Open = { readonly path: string; readonly file: number; bytes: number };
type Ended = { readonly path: string; readonly size: number; readonly mtimeMs: number };

export class InspectorFolder {
  readonly #base: string;
  readonly #limits: FolderLimits;
  #run: JobRun | undefined;
  #folder = "";
  #open: (Open | undefined)[] = [];
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(base: string, limits: FolderLimits) {
    this.#base = base;
    this.#limits = limits;
  }

  /** From now on the files are those of this run's processes. `topology` lies beside them. Throws the system's error. */
  begin(run: JobRun, topology: string): void {
    this.close();
    this.#run = run;
    this.#sweptMs = Number.NEGATIVE_INFINITY;
    this.#folder = join(this.#base, stampOf(run.startMs), folderName(run));
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, TOPOLOGY), topology);
  }

  /** Throws the system's error where the disk is full. */
  append(rank: number, lines: string): void {
    let open = this.#open[rank];
    if (open === undefined || open.bytes >= this.#limitOf(rank)) {
      open = this.#next(rank, open);
      this.#open[rank] = open;
    }
    open.bytes += writeSync(open.file, lines);
  }

  /** Removes files of processes that ended a while ago; looks once a minute, and at each new start. */
  sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = nowMs;
    const ended = this.#endedFolders();
    let kept = 0;
    for (const { path, size, mtimeMs } of ended.flatMap(filesOf).sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      kept += size;
      if (nowMs - mtimeMs > KEEP_ENDED_MS || kept > this.#limits.endedBytes) rmSync(path, { force: true });
    }
    for (const folder of ended) if (filesOf(folder).length === 0) removeFolder(folder);
  }

  close(): void {
    for (const open of this.#open) if (open !== undefined) closeSync(open.file);
    this.#open = [];
  }

  /** Of this job's earlier starts. */
  #endedFolders(): string[] {
    const name = folderName(this.#run!);
    return readdirSync(this.#base)
      .map((start) => join(this.#base, start, name))
      .filter((folder) => folder !== this.#folder && statSync(folder, { throwIfNoEntry: false })?.isDirectory());
  }

  /** Not all of them at the same moment. */
  #limitOf(rank: number): number {
    return this.#limits.fileBytes * (1 + (rank % 8) / 80);
  }

  #next(rank: number, full: Open | undefined): Open {
    const { job, pids } = this.#run!;
    const base = join(this.#folder, `${job.gpus[rank]!.node}-pid${pids[rank]}`);
    const path = `${base}.log`;
    if (full !== undefined) {
      closeSync(full.file);
      // Its name stands before that of the file that goes on, as its lines do.
      renameSync(path, `${base}.0.old`);
    }
    return { path, file: openSync(path, "a"), bytes: 0 };
  }
}

function folderName({ job }: JobRun): string {
  return `nccl-inspector-${job.name}`;
}

/** "20261123T114343Z". */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}

function filesOf(folder: string): Ended[] {
  return readdirSync(folder)
    .filter((name) => name !== TOPOLOGY)
    .map((name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = statSync(path);
      return { path, size, mtimeMs };
    });
}

/** And that of the start, where no other job began with it. */
function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const start = dirname(folder);
  if (readdirSync(start).length === 0) rmdirSync(start);
}
