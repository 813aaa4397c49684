/** Where a login leads back to: a path of ours, nothing that a browser takes for another site. */
export function returnPath(to: string | null): string {
  return to !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) && !to.startsWith("/login") ? to : "/";
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ESCAPES[char]!);
}

/** One field and a button, without script or style sheet: everything else of the site is behind it. */
export function loginPage(to: string, failed: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in - Lockstep</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
form { width: min(22rem, calc(100vw - 2rem)); display: grid; gap: 0.75rem; }
h1 { font-size: 1.25rem; margin: 0; }
p { margin: 0; }
input, button { font: inherit; padding: 0.5rem 0.6rem; }
[role="alert"] { color: light-dark(#b3261e, #ff8a80); }
</style>
</head>
<body>
<form method="post" action="/login">
<h1>Lockstep</h1>
${failed ? '<p role="alert">That is not the token.</p>' : ""}
<label for="token">Access token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input type="hidden" name="to" value="${escapeHtml(to)}">
<button>Log in</button>
<p>It stands in the file that <code>token_file</code> in Lockstep's configuration names.</p>
</form>
</body>
</html>
`;
}
