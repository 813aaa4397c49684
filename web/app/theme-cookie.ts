type Cookies = { get(name: string): { value: string } | undefined };

/** The name is also in components/theme.ts, which writes it in the browser. */
const THEME_COOKIE = "lockstep-theme";

/** null: the reader has not chosen, so the system's preference counts. */
export function themeOf(cookies: Cookies): "dark" | "light" | null {
  const value = cookies.get(THEME_COOKIE)?.value;
  return value === "dark" || value === "light" ? value : null;
}
