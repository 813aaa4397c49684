/** Splits a child's output into lines of bounded length. */
const LONGEST_LINE = 64 * 1024;

/** Feeds chunks to the returned function; `onLine` gets each line without its end. A longer line is cut, with a mark. */
export function lineSplitter(onLine: (line: string) => void): { push(chunk: string): void; end(): void } {
  let rest = "";
  let cut = false;
  const emit = (line: string) => {
    if (!cut) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    cut = false;
  };
  return {
    push(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) emit(line);
      if (rest.length > LONGEST_LINE) {
        if (!cut) onLine(`${rest.slice(0, LONGEST_LINE)} [cut]`);
        cut = true;
        rest = "";
      }
    },
    end() {
      if (rest !== "") emit(rest);
      rest = "";
    },
  };
}
