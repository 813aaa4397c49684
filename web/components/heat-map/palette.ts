/**
 * Colours of the heat map. The sequential ones start near the ground and stay muted, so that a fleet at full load is calm;
 * bright amber and red are left to what is wrong.
 */
import type { Theme } from "../theme.ts";

const SEQUENTIAL: Readonly<Record<Theme, readonly string[]>> = {
  dark: ["#1b1e2c", "#232b45", "#273b5c", "#264e6e", "#27627b", "#2f7784", "#418b89"],
  light: ["#f4f5f1", "#dde8e4", "#c1d9db", "#a1c7d2", "#7fb1c8", "#5f99bc", "#3f79a7"],
};

const STEPS = 128;

export type Palette = {
  /** `share` 0..1 of the scale, clamped. */
  readonly at: (share: number) => string;
  /** Black or white, whichever reads better on that colour. */
  readonly inkAt: (share: number) => string;
  readonly edge: string;
  readonly hatch: string;
  readonly hatchGround: string;
  readonly warning: string;
  /** What is written on a cell filled with `warning`. */
  readonly warningInk: string;
  readonly critical: string;
  readonly criticalInk: string;
  readonly ground: string;
  readonly text: string;
  readonly quiet: string;
  readonly cursor: string;
};

const CHROME = {
  dark: {
    edge: "rgba(255,255,255,0.14)",
    hatch: "#6d7783",
    hatchGround: "#1c2128",
    warning: "#f5a623",
    warningInk: "#1c1204",
    critical: "#ff5c5c",
    criticalInk: "#1d0506",
    ground: "#101317",
    text: "#e8ebef",
    quiet: "#a7b0bb",
    cursor: "#ffffff",
  },
  light: {
    edge: "rgba(24,28,34,0.22)",
    hatch: "#8a929c",
    hatchGround: "#f0f2f4",
    warning: "#e08600",
    warningInk: "#1c1204",
    critical: "#d3323a",
    criticalInk: "#ffffff",
    ground: "#ffffff",
    text: "#181c22",
    quiet: "#565f6b",
    cursor: "#000000",
  },
} as const;

const palettes = new Map<Theme, Palette>();

export function paletteOf(theme: Theme): Palette {
  const made = palettes.get(theme) ?? makePalette(theme);
  palettes.set(theme, made);
  return made;
}

function makePalette(theme: Theme): Palette {
  const anchors = SEQUENTIAL[theme].map(rgbOf);
  const colours = Array.from({ length: STEPS }, (_, step) => mix(anchors, step / (STEPS - 1)));
  const css = colours.map(([r, g, b]) => `rgb(${r},${g},${b})`);
  const ink = colours.map((colour) => (luminance(colour) > 0.2 ? "#0c0f13" : "#ffffff"));
  const step = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * (STEPS - 1));
  return {
    at: (share) => css[step(share)] ?? "transparent",
    inkAt: (share) => ink[step(share)] ?? "#ffffff",
    ...CHROME[theme],
  };
}

type Rgb = readonly [number, number, number];

function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function mix(anchors: readonly Rgb[], share: number): Rgb {
  const place = share * (anchors.length - 1);
  const low = anchors[Math.floor(place)] ?? [0, 0, 0];
  const high = anchors[Math.ceil(place)] ?? low;
  const part = place - Math.floor(place);
  const between = (a: number, b: number) => Math.round(a + (b - a) * part);
  return [between(low[0], high[0]), between(low[1], high[1]), between(low[2], high[2])];
}

/** Relative luminance, WCAG 2.2. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}
