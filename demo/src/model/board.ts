/**
 * One H100 SXM board as a few formulas: load and clock give power, power and cooling give temperature, temperature and
 * the power limit give the clock. The numbers are plausible for the part, not measured on one.
 */
import type { Load } from "./load.ts";
import { uniform } from "./noise.ts";

export const SM_CLOCK_MHZ = 1980;
export const IDLE_SM_CLOCK_MHZ = 345;
export const MEM_CLOCK_MHZ = 2619;
export const POWER_LIMIT_W = 700;
export const FB_TOTAL_MIB = 81_559;
export const FB_RESERVED_MIB = 551;

/** From here on software slows the clocks. */
export const SLOWDOWN_C = 85;
/** From here on the hardware does. */
export const HARDWARE_SLOWDOWN_C = 88;
/** Without limit the heat would pass this; the slowdown never lets it, and it shortens the way back. */
export const HEAT_LIMIT_C = 105;

/** Clock reason bits of NVML. */
export const REASON_IDLE = 0x1;
export const REASON_POWER_CAP = 0x4;
export const REASON_HW_SLOWDOWN = 0x8;
export const REASON_SW_THERMAL = 0x20;
export const REASON_HW_THERMAL = 0x40;
export const REASON_POWER_BRAKE = 0x80;

/** Power grows with clock and voltage together: about this power of the clock. */
const CLOCK_TO_POWER = 2.2;
const CONTEXT_W = 42;
const COOLING_SECONDS = 45;

/** What differs from board to board. */
export type Board = {
  readonly idleW: number;
  /** Power of this chip at equal work, against the mean chip. */
  readonly leakage: number;
  /** Degrees per W above the air it breathes. */
  readonly resistance: number;
  /** Degrees its air is warmer than the node's inlet. */
  readonly preheat: number;
  readonly memoryAbove: number;
};

export function makeBoard(seed: number, gpuIndex: number, gpuOfNode: number): Board {
  const draw = (trait: number) => uniform(seed, 1000 + trait, gpuIndex);
  return {
    idleW: 66 + 10 * draw(0),
    leakage: 0.95 + 0.17 * draw(1),
    resistance: 0.049 + 0.009 * draw(2),
    preheat: (gpuOfNode % 4) * 1.1 + 1.5 * draw(3),
    memoryAbove: 6 + 4 * draw(4),
  };
}

/** W at clock share `clock` (1 = full) for the given activity. */
export function powerW(board: Board, load: Load, activity: number, clock: number, inUse: boolean): number {
  return baseW(board, inUse) + dynamicW(board, load) * activity * clock ** CLOCK_TO_POWER;
}

function baseW(board: Board, inUse: boolean): number {
  return board.idleW + (inUse ? CONTEXT_W : 0);
}

function dynamicW(board: Board, load: Load): number {
  return board.leakage * (175 * load.sm + 530 * load.tensor + 190 * load.dram + 60 * load.fp32 + 50 * load.fp16);
}

/**
 * The heat after `seconds`: first-order lag towards where `demandW` at full clocks would lead. Cooling that is partly
 * lost (0..1) leads higher and gets there later.
 */
export function nextHeat(board: Board, heat: number, airC: number, demandW: number, lost: number, seconds: number) {
  if (seconds === 0) return heat;
  const left = 1 - lost;
  const target = airC + board.preheat + (board.resistance / left) * demandW;
  return Math.min(HEAT_LIMIT_C, target + (heat - target) * Math.exp((-seconds * left) / COOLING_SECONDS));
}

/** What the sensor shows: past the slowdown threshold the clocks hold the temperature down. */
export function temperatureC(heat: number): number {
  return heat <= SLOWDOWN_C ? heat : SLOWDOWN_C + 5 * (1 - Math.exp(-(heat - SLOWDOWN_C) / 14));
}

/** Share of the full clock that heat leaves: the slowdown reaches for the power at which the temperature would hold. */
export function thermalClock(board: Board, heat: number, airC: number, fullW: number, lost: number, inUse: boolean) {
  if (heat <= SLOWDOWN_C) return 1;
  const heldW = ((temperatureC(heat) - airC - board.preheat) * (1 - lost)) / board.resistance;
  const engaged = 1 - Math.exp(-(heat - SLOWDOWN_C) / 6);
  return 1 - engaged * (1 - clockForPower(board, heldW, fullW, inUse));
}

/** Share of the full clock at which work that draws `fullW` at full clock draws `limitW`. */
export function clockForPower(board: Board, limitW: number, fullW: number, inUse: boolean): number {
  if (fullW <= limitW) return 1;
  const base = baseW(board, inUse);
  const share = Math.max(0, limitW - base) / (fullW - base);
  return Math.max(0.3, share ** (1 / CLOCK_TO_POWER));
}
