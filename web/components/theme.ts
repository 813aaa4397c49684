"use client";
import { useSyncExternalStore } from "react";

export const THEME_COOKIE = "lockstep-theme";
export type Theme = "dark" | "light";

function subscribe(changed: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  system.addEventListener("change", changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", changed);
    observer.disconnect();
  };
}

function current(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** The theme in effect, for what cannot be coloured by CSS; null while the server renders, which cannot know. */
export function useTheme(): Theme | null {
  return useSyncExternalStore(subscribe, current, () => null);
}

const YEAR_SECONDS = 31_536_000;

/** Kept in a cookie, so that the server renders the next page in it at once. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}
